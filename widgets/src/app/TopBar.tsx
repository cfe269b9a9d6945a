import { Icon, type IconName } from "../icons/Icon";
import { Python } from "../search/Python";
import { SearchBar } from "../search/SearchBar";
import type { Store } from "../store/store";
import { ShellButtons } from "./ShellButtons";
import { Switch } from "./Switch";
import type { Mode, Panel } from "./slice";
import "./top.css";

const MODES: { name: Mode; label: string; title: string }[] = [
  { name: "both", label: "Both", title: "The map over the grid" },
  { name: "grid", label: "Grid", title: "Only the grid" },
  { name: "map", label: "Map", title: "Only the map" },
  { name: "duplicates", label: "Duplicates", title: "What is there more than once, by group" },
  { name: "splits", label: "Splits", title: "What goes where for training, and what that promises" },
];

/** Without a kernel its buttons would do nothing, and so they are out of reach. */
export function TopBar({ store, lost }: { store: Store; lost: boolean }) {
  const { core, shell } = store;
  const { part } = core;
  const state = core.state.value;
  return (
    <div class="curate-top" inert={lost}>
      <Dataset store={store} />
      {part !== "facets" && part !== "map" ? <SearchBar store={store} /> : <span class="curate-top-room" />}
      <div class="curate-top-tools">
        <Step store={store} way="undo" words={state?.undo ?? ""} />
        <Step store={store} way="redo" words={state?.redo ?? ""} />
        {part === "explorer" && (
          <>
            <span class="curate-rule" />
            <Switch
              label="What is shown"
              choices={MODES}
              value={shell.mode.value}
              onChange={(mode) => shell.setMode(mode)}
            />
            <span class="curate-rule" />
            <PanelButton store={store} panel="facets" icon="panelLeft" label="Facets" />
            <PanelButton store={store} panel="inspector" icon="panelRight" label="Inspector" />
          </>
        )}
        <Python store={store} />
        <ShellButtons shell={shell} />
      </div>
    </div>
  );
}

/** What is looked at, and how much of it. Its room is the same whatever the numbers are. */
function Dataset({ store }: { store: Store }) {
  const state = store.core.state.value;
  const number = (value: number) => value.toLocaleString("en");
  return (
    <div class="curate-dataset">
      <strong title={state?.dataset}>
        <bdi>{state?.dataset ?? "\u00a0"}</bdi>
      </strong>
      <span class="curate-count curate-number" role="status">
        {state === null ? (
          store.core.failure.value !== null ? (
            "No samples"
          ) : (
            "Loading…"
          )
        ) : state.count === state.total ? (
          <>
            <b>{number(state.count)}</b> {state.count === 1 ? "sample" : "samples"}
          </>
        ) : (
          <>
            <b class="curate-some">{number(state.count)}</b> of {number(state.total)}
          </>
        )}
      </span>
    </div>
  );
}

function Step({ store, way, words }: { store: Store; way: "undo" | "redo"; words: string }) {
  const name = way === "undo" ? "Undo" : "Redo";
  const keys = way === "undo" ? "Ctrl+Z" : "Ctrl+Shift+Z";
  return (
    <button
      type="button"
      class="curate-button curate-plain"
      aria-label={words ? `${name}: ${words}` : name}
      title={words ? `${name}: ${words} (${keys})` : `Nothing to ${way}`}
      // Not `disabled`: a button that has just been pressed would lose the focus.
      aria-disabled={words === ""}
      onClick={() => void store.core[way]()}
    >
      <Icon name={way} />
    </button>
  );
}

function PanelButton({
  store,
  panel,
  icon,
  label,
}: {
  store: Store;
  panel: Panel;
  icon: IconName;
  label: string;
}) {
  const open = store.shell.isOpen(panel);
  return (
    <button
      type="button"
      class="curate-button curate-plain curate-panel-button"
      data-panel={panel}
      aria-label={label}
      aria-expanded={open}
      title={`${open ? "Close" : "Open"} the ${label.toLowerCase()}`}
      onClick={() => store.shell.toggle(panel)}
    >
      <Icon name={icon} />
    </button>
  );
}
