import { useId, useState } from "preact/hooks";
import type { Failure } from "../store/failure";
import type { Store } from "../store/store";
import { Form } from "./Form";
import { Refusal } from "./Refusal";
import { SliceName } from "./SliceName";
import type { What } from "./slice";
import { WhatField } from "./WhatField";

/** A name and a note, and the selection or the view is a slice. */
export function SaveForm({ store }: { store: Store }) {
  const { selection, core } = store;
  const id = useId();
  const [name, setName] = useState("");
  const [note, setNote] = useState("");
  const [what, setWhat] = useState<What>(selection.what);
  const [failure, setFailure] = useState<Failure | null>(null);
  const idle = name.trim() === "" || selection.acting.value;
  const again = core.state.value?.slices.includes(name.trim()) ?? false;

  const save = async () => {
    const refused = await selection.saveSlice(name.trim(), note.trim(), what);
    if (refused === null) selection.close();
    else setFailure(refused);
  };

  return (
    <Form idle={idle} send={() => void save()}>
      <SliceName name={name} onChange={setName} />
      <label for={`${id}-note`}>Note, for whoever opens it later</label>
      <textarea
        id={`${id}-note`}
        name="note"
        class="curate-field"
        rows={2}
        maxLength={2000}
        value={note}
        onInput={(event) => setNote(event.currentTarget.value)}
      />
      <WhatField store={store} what={what} onChange={setWhat} />
      <div class="curate-form-line curate-form-end">
        {again && <span class="curate-quiet">There is one of this name; this will be its newest.</span>}
        <button type="button" class="curate-button curate-strong" disabled={idle} onClick={() => void save()}>
          Save
        </button>
      </div>
      <Refusal failure={failure} />
    </Form>
  );
}
