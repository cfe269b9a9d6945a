import { useState } from "preact/hooks";
import { ExportEnd, ExportFields, useTarget } from "../selection/ExportFields";
import { Form } from "../selection/Form";
import { Refusal } from "../selection/Refusal";
import type { Store } from "../store/store";

/** Where all parts of the split go, and in which form; it then runs in the background and is verified. */
export function ExportForm({ store }: { store: Store }) {
  const { splits, core } = store;
  const name = splits.chosen.value;
  const fields = useTarget(core, (path) => `${path}-${name.replace(/[^\p{L}\p{N}._-]+/gu, "-")}`);
  const [sending, setSending] = useState(false);
  const idle = fields.idle || sending;
  const begin = async () => {
    setSending(true);
    fields.setFailure(await splits.export(fields.order));
    setSending(false);
  };
  return (
    <Form idle={idle} busy={fields.exports === null} send={() => void begin()}>
      <ExportFields {...fields} />
      <ExportEnd {...fields} idle={idle} send={() => void begin()} />
      <Refusal failure={fields.failure} />
    </Form>
  );
}
