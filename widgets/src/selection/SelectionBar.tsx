import { useState } from "preact/hooks";
import type { Store } from "../store/store";
import "./selection.css";

/** Always as high, so that the first click moves nothing. */
export function SelectionBar({ store }: { store: Store }) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const count = store.core.state.value?.count ?? 0;
  const selected = store.selection.selected.value;
  const number = (value: number) => value.toLocaleString("en");

  const tag = async (remove: boolean) => {
    if (name.trim() === "" || busy) return;
    setBusy(true);
    if (await store.selection.tag(name.trim(), remove)) setName("");
    setBusy(false);
  };

  if (count === 0) return null;
  return (
    <footer class="curate-bar curate-bottom">
      {selected === 0 ? (
        <span class="curate-quiet curate-tip">Click to select, Enter to enlarge</span>
      ) : (
        <span class="curate-selected" role="status">
          <b>{number(selected)} selected</b> <span class="curate-quiet">of {number(count)}</span>
        </span>
      )}
      {selected < count && (
        <button type="button" class="curate-link" onClick={() => store.selection.selectAll()}>
          all {number(count)}
        </button>
      )}
      {selected > 0 && (
        <button type="button" class="curate-link" onClick={() => store.selection.clear()}>
          clear
        </button>
      )}
      <span class="curate-toast" role="status">
        <bdi>{store.core.toast.value}</bdi>
      </span>
      {selected > 0 && (
        <>
          <form
            class="curate-tagbox"
            onSubmit={(event) => {
              event.preventDefault();
              void tag(false);
            }}
          >
            <input
              type="text"
              name="tag"
              placeholder="tag"
              aria-label="Tag for the selected samples"
              autocomplete="off"
              list={`tags-${store.core.rpc.client}`}
              maxLength={200}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
              onKeyDown={(event) => {
                event.stopPropagation();
                if (event.key === "Escape") event.currentTarget.blur();
              }}
            />
            <datalist id={`tags-${store.core.rpc.client}`}>
              {(store.core.state.value?.tags ?? []).map((known) => (
                <option key={known} value={known} />
              ))}
            </datalist>
            <button type="submit" class="curate-button" disabled={busy || name.trim() === ""}>
              Tag
            </button>
            <button
              type="button"
              class="curate-button"
              disabled={busy || name.trim() === ""}
              onClick={() => void tag(true)}
            >
              Untag
            </button>
          </form>
          <button type="button" class="curate-button" onClick={() => void store.selection.copyIds()}>
            Copy ids
          </button>
        </>
      )}
    </footer>
  );
}
