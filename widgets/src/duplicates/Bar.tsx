import { Menu } from "../app/Menu";
import { Icon } from "../icons/Icon";
import { Progress } from "../map/NoMap";
import type { DuplicatesState } from "../protocol";
import { number } from "../review/wording";
import type { Store } from "../store/store";
import { found } from "./wording";

/** How far the review is, what was searched for, and what can be done with all of it. */
export function Bar({ store, state }: { store: Store; state: DuplicatesState }) {
  const { duplicates, jobs, core, shell } = store;
  const done = state.groups - state.open;
  const job = duplicates.job.value;
  const running = job?.state === "running";
  const writable = core.state.value?.writable ?? false;
  return (
    <div class="curate-bar curate-duplicates-bar">
      <span class="curate-duplicates-done curate-number">
        <strong>{number(done)}</strong>
        <span class="curate-quiet">{` of ${number(state.groups)} groups`}</span>
      </span>
      {running ? (
        <Progress job={job} stop={() => void jobs.stop(job.id)} />
      ) : (
        <progress
          class="curate-review-progress"
          aria-label="Groups with a verdict"
          value={done}
          max={state.groups}
        />
      )}
      <span class="curate-quiet curate-number curate-duplicates-note" title={state.note}>
        {found(state)}
        {state.note !== "" && <bdi>{` · ${state.note}`}</bdi>}
      </span>
      <button
        type="button"
        class="curate-button"
        aria-keyshortcuts="Shift+Enter"
        title="Accept this group and every open one behind it (Shift+Enter)"
        disabled={state.open === 0 || !writable}
        onClick={() => {
          duplicates.asking.value = true;
        }}
      >
        Accept the rest…
      </button>
      <Menu
        label="More about the duplicates"
        align="end"
        class="curate-plain"
        entries={[
          {
            label: "Find duplicates again",
            icon: "refresh",
            disabled: running || !writable,
            onPick: () => void duplicates.find(),
          },
          {
            label: "Show all that are tagged duplicate",
            icon: "grid",
            disabled: state.accepted === 0,
            onPick: () =>
              void core.edit({ type: "set_facet", kind: "tags", column: "tags", filter: DUPLICATES }),
          },
          "line",
          { label: "Back to the grid", icon: "back", detail: "Esc", onPick: () => shell.toSamples() },
        ]}
      >
        <Icon name="more" />
      </Menu>
    </div>
  );
}

const DUPLICATES = { type: "values" as const, values: ["duplicate"] };
