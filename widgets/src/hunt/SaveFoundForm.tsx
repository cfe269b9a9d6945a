import { useState } from "preact/hooks";
import { Form } from "../selection/Form";
import { Refusal } from "../selection/Refusal";
import { SliceName } from "../selection/SliceName";
import type { Failure } from "../store/failure";
import type { Store } from "../store/store";

/** A name, and what was found is a slice. */
export function SaveFoundForm({ store, close }: { store: Store; close: () => void }) {
  const { hunt } = store;
  const [name, setName] = useState(hunt.state.peek()?.name ?? "");
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const idle = saving || name.trim() === "";

  const save = async () => {
    setSaving(true);
    const refused = await hunt.save(name.trim());
    setSaving(false);
    if (refused === null) close();
    else setFailure(refused);
  };

  return (
    <Form idle={idle} busy={saving} send={() => void save()}>
      <SliceName name={name} onChange={setName} />
      <div class="curate-form-line curate-form-end">
        <button type="button" class="curate-button curate-strong" disabled={idle} onClick={() => void save()}>
          Save
        </button>
      </div>
      <Refusal failure={failure} />
    </Form>
  );
}
