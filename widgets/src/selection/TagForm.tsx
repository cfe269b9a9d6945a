import { useId, useState } from "preact/hooks";
import type { Failure } from "../store/failure";
import type { Store } from "../store/store";
import { completions } from "./completion";
import { Form } from "./Form";
import { Refusal } from "./Refusal";

/** A tag for the selection: typed, or picked from those that there are. Enter gives it. */
export function TagForm({ store }: { store: Store }) {
  const { selection, core } = store;
  const id = useId();
  const [name, setName] = useState("");
  const [at, setAt] = useState(-1);
  const [failure, setFailure] = useState<Failure | null>(null);
  const selected = selection.selected.value.toLocaleString("en");
  const offered = completions(name, core.state.value?.tags ?? [], selection.recent.value);
  const chosen = (offered[at] ?? name).trim();
  const idle = chosen === "" || selection.acting.value;

  const give = async (tag: string, remove: boolean) => {
    const refused = await selection.tag(tag, remove);
    if (refused === null) selection.close();
    else setFailure(refused);
  };

  const move = (event: KeyboardEvent, step: number) => {
    event.preventDefault();
    // Past either end is the text field.
    setAt(((at + 1 + step + offered.length + 1) % (offered.length + 1)) - 1);
  };

  return (
    <Form idle={idle} send={() => void give(chosen, false)}>
      <label for={`${id}-name`}>Tag {selected} selected</label>
      <div class="curate-form-line">
        <input
          id={`${id}-name`}
          type="text"
          class="curate-field"
          name="tag"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          maxLength={200}
          aria-autocomplete="list"
          aria-expanded={offered.length > 0}
          aria-controls={`${id}-tags`}
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          value={name}
          onInput={(event) => {
            setName(event.currentTarget.value);
            setAt(-1);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") move(event, 1);
            else if (event.key === "ArrowUp") move(event, -1);
          }}
        />
        <button
          type="button"
          class="curate-button curate-strong"
          disabled={idle}
          onClick={() => void give(chosen, false)}
        >
          Tag
        </button>
        <button type="button" class="curate-button" disabled={idle} onClick={() => void give(chosen, true)}>
          Untag
        </button>
      </div>
      <div id={`${id}-tags`} role="listbox" aria-label="Tags" class="curate-picks">
        {offered.map((tag, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys of the whole list
          <div
            key={tag}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === at}
            // The field keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => setName(tag)}
            onDblClick={() => void give(tag, false)}
          >
            <bdi>{tag}</bdi>
          </div>
        ))}
      </div>
      <Refusal failure={failure} />
    </Form>
  );
}
