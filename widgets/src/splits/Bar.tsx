import { useRef } from "preact/hooks";
import { Menu } from "../app/Menu";
import { Popover } from "../app/Popover";
import { Icon } from "../icons/Icon";
import type { Splits } from "../protocol";
import { number } from "../review/wording";
import { copy } from "../store/copy";
import type { Store } from "../store/store";
import { ExportForm } from "./ExportForm";
import { verdict } from "./wording";

/** Which split it is, whether it holds what it promises, and what can be done with it. */
export function Bar({ store, all }: { store: Store; all: Splits }) {
  const { splits, core, shell } = store;
  const button = useRef<HTMLButtonElement>(null);
  const chosen = splits.chosen.value;
  const making = splits.making.value;
  const python = `ds.split_named(${JSON.stringify(chosen)})`;
  return (
    <div class="curate-bar curate-splits-bar">
      <Menu
        label={`Split ${chosen}: choose another`}
        class="curate-splits-name"
        entries={all.splits.map(({ name, parts }) => ({
          label: name,
          detail: parts.map(({ samples }) => number(samples)).join(" / "),
          checked: name === chosen && !making,
          onPick: () => splits.choose(name),
        }))}
      >
        <bdi>{making ? "New split" : chosen}</bdi> <Icon name="down" />
      </Menu>
      {!making && <Verdict store={store} />}
      <span class="curate-between" />
      <button
        type="button"
        class="curate-button"
        aria-pressed={making}
        aria-keyshortcuts="n"
        disabled={all.why !== ""}
        title={all.why === "" ? "Split the samples in another way (n)" : all.why}
        onClick={() => {
          splits.making.value = !making;
        }}
      >
        <Icon name="add" /> New<span class="curate-splits-long"> split</span>
      </button>
      <button
        ref={button}
        type="button"
        class="curate-button curate-strong"
        aria-haspopup="dialog"
        aria-expanded={splits.exporting.value}
        aria-keyshortcuts="e"
        title="Write every part for a training job (e)"
        disabled={splits.state.value === null || making}
        onClick={() => {
          splits.exporting.value = !splits.exporting.peek();
        }}
      >
        <Icon name="export" /> Export<span class="curate-splits-long"> split</span>
      </button>
      <Menu
        label="More about the split"
        align="end"
        class="curate-plain"
        entries={[
          {
            label: "Copy as Python",
            icon: "code",
            onPick: () => void copy(python).then(() => core.say(`Copied: ${python}`)),
          },
          "line",
          { label: "Back to the grid", icon: "back", detail: "Esc", onPick: () => shell.toSamples() },
        ]}
      >
        <Icon name="more" />
      </Menu>
      {splits.exporting.value && (
        <Popover
          anchor={button}
          onClose={() => {
            splits.exporting.value = false;
          }}
          label={`Export the split ${chosen}`}
          align="end"
          class="curate-form"
        >
          <ExportForm store={store} />
        </Popover>
      )}
    </div>
  );
}

function Verdict({ store }: { store: Store }) {
  const { splits } = store;
  const state = splits.state.value;
  if (state === null || state.name !== splits.chosen.value) return null;
  return (
    <span
      class="curate-splits-verdict"
      data-passed={state.checked ? state.passed : undefined}
      title={verdict(state)}
    >
      {state.checked && <Icon name={state.passed ? "check" : "warning"} />}
      <span>{verdict(state)}</span>
    </span>
  );
}
