import type { Chip } from "../protocol";
import { type GalleryStore, LARGEST, SMALLEST } from "../store";
import { Icon } from "./icons";
import "./bar.css";

const SIGNS: Record<Chip["kind"], string> = {
  where: "",
  words: "",
  minus: "− ",
  like: "like ",
  unlike: "unlike ",
  tagged: "#",
  untagged: "not #",
  other: "",
};

export function TopBar({ store }: { store: GalleryStore }) {
  const state = store.state.value;
  const number = (value: number) => value.toLocaleString("en");
  return (
    <header class="curate-bar curate-top">
      <div class="curate-count" role="status">
        {state === null ? (
          <span class="curate-quiet">
            {store.failure.value
              ? "No samples"
              : store.rpc.connection.value === "fine"
                ? "Loading…"
                : "Gallery"}
          </span>
        ) : state.count === state.total ? (
          <>
            <b>{number(state.count)}</b> {state.count === 1 ? "sample" : "samples"}
          </>
        ) : (
          <>
            <b>{number(state.count)}</b> of {number(state.total)}
          </>
        )}
      </div>
      <ul class="curate-chips" aria-label="Query" title={state?.python}>
        {state?.chips.map((chip, i) => (
          <li key={`${i}${chip.kind}`} class={`curate-chip curate-chip-${chip.kind}`}>
            <bdi>{SIGNS[chip.kind] + chip.text}</bdi>
          </li>
        ))}
      </ul>
      {store.stale.value && (
        <button type="button" class="curate-button curate-accent" onClick={() => void store.refresh()}>
          <Icon name="refresh" /> The dataset has changed: refresh
        </button>
      )}
      {state !== null && state.count > 0 && (
        <>
          <span class="curate-quiet curate-sort">
            sorted by <b>{state.order}</b>
          </span>
          <label class="curate-size">
            <span class="curate-quiet">size</span>
            <input
              type="range"
              aria-label="Size of the pictures"
              min={SMALLEST}
              max={LARGEST}
              step={4}
              value={store.size.value}
              onInput={(event) => store.resize(Number(event.currentTarget.value))}
            />
          </label>
        </>
      )}
      <button
        type="button"
        class="curate-button curate-plain"
        title="Copy the Python of this view"
        aria-label="Copy the Python of this view"
        onClick={() => void store.copyPython()}
      >
        {"</>"}
      </button>
      <button
        type="button"
        class="curate-button curate-plain"
        title="Keyboard help (?)"
        aria-label="Keyboard help"
        onClick={() => {
          store.help.value = true;
        }}
      >
        ?
      </button>
    </header>
  );
}
