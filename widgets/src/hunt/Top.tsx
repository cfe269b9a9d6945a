import { ShellButtons } from "../app/ShellButtons";
import { Switch } from "../app/Switch";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { number } from "./wording";
import "../app/top.css";

const LAYOUTS = [
  { name: "one", label: "One", title: "One picture (g)" },
  { name: "nine", label: "Nine", title: "A grid of nine (g)" },
] as const;

/** What is hunted, how far it is, and how it is shown. */
export function Top({ store, lost }: { store: Store; lost: boolean }) {
  const { hunt, shell, core } = store;
  const state = hunt.state.value;
  const undo = state?.undo ?? "";
  return (
    <div class="curate-top" inert={lost}>
      <div class="curate-dataset">
        <strong title={state?.name}>
          <bdi>{state?.name ?? "\u00a0"}</bdi>
        </strong>
        <span class="curate-count curate-number">
          {state === null ? (
            "Loading…"
          ) : (
            <>
              <b class="curate-some">{number(state.found)}</b> found
            </>
          )}
        </span>
      </div>
      <div class="curate-hunt-for" title={state?.looks_for}>
        {state !== null && (
          <>
            <Icon name="search" />
            <bdi>{state.looks_for}</bdi>
            <span class="curate-quiet curate-number">
              {`in ${number(state.total)} ${state.total === 1 ? "sample" : "samples"}`}
              {core.state.value !== null && (
                <>
                  {" of "}
                  <bdi>{core.state.value.dataset}</bdi>
                </>
              )}
            </span>
          </>
        )}
      </div>
      <div class="curate-top-tools">
        <button
          type="button"
          class="curate-button curate-plain"
          aria-label={undo ? `Undo: ${undo}` : "Undo"}
          title={undo ? `Take back: ${undo} (Ctrl+Z)` : "Nothing to undo"}
          aria-disabled={undo === ""}
          onClick={() => void hunt.undo()}
        >
          <Icon name="undo" />
        </button>
        <span class="curate-rule" />
        <Switch
          label="Pictures at once"
          choices={LAYOUTS}
          value={hunt.paged.value ? "nine" : "one"}
          onChange={(layout) => hunt.setPaged(layout === "nine")}
        />
        <span class="curate-rule" />
        <ShellButtons shell={shell} />
      </div>
    </div>
  );
}
