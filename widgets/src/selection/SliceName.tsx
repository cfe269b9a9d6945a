import { useId } from "preact/hooks";

/** The name that a slice is to have. */
export function SliceName({ name, onChange }: { name: string; onChange: (name: string) => void }) {
  const id = useId();
  return (
    <>
      <label for={id}>Name of the slice</label>
      <input
        id={id}
        type="text"
        class="curate-field"
        name="slice"
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={name}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </>
  );
}
