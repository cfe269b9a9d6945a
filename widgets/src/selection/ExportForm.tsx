import { useState } from "preact/hooks";
import type { Store } from "../store/store";
import { ExportEnd, ExportFields, useTarget } from "./ExportFields";
import { Form } from "./Form";
import { Refusal } from "./Refusal";
import type { What } from "./slice";
import { WhatField } from "./WhatField";

/** Where to, in which format, with which labels; it then runs in the background. */
export function ExportForm({ store }: { store: Store }) {
  const { selection, core } = store;
  const fields = useTarget(core);
  const [what, setWhat] = useState<What>(selection.what);
  const idle = fields.idle || selection.acting.value;
  const begin = async () => {
    const refused = await selection.export({ ...fields.order, what });
    if (refused === null) selection.close();
    else fields.setFailure(refused);
  };
  return (
    <Form idle={idle} busy={fields.exports === null} send={() => void begin()}>
      <ExportFields {...fields} />
      <WhatField store={store} what={what} onChange={setWhat} />
      <ExportEnd {...fields} idle={idle} send={() => void begin()} />
      <Refusal failure={fields.failure} />
    </Form>
  );
}
