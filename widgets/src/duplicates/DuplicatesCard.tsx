import { useEffect } from "preact/hooks";
import { Icon } from "../icons/Icon";
import { Progress } from "../map/NoMap";
import { counted } from "../review/wording";
import type { Store } from "../store/store";
import { found } from "./wording";
import "./duplicates.css";

/** What is there more than once, beside the other cards, with the way to look at it. */
export function DuplicatesCard({ store }: { store: Store }) {
  const { duplicates, jobs, shell, core } = store;
  useEffect(() => duplicates.watch(), [duplicates]);
  const state = duplicates.state.value;
  const job = duplicates.job.value;
  if (state === null) return null;
  const shown = shell.mode.value === "duplicates";
  const done = state.groups - state.open;
  return (
    <section class="curate-card curate-duplicates-card" data-key="duplicates" aria-label="Duplicates">
      <div class="curate-card-head">
        <h3>Duplicates</h3>
        {state.groups > 0 && (
          <span class="curate-card-filter curate-number">{counted(state.groups, "group")}</span>
        )}
      </div>
      <p class="curate-issues-note curate-number">
        {!state.searched
          ? "Nobody has looked for what is there twice."
          : state.groups === 0
            ? "No two samples are the same."
            : found(state)}
      </p>
      {job?.state === "running" ? (
        <Progress job={job} stop={() => void jobs.stop(job.id)} />
      ) : !state.searched ? (
        <button
          type="button"
          class="curate-button"
          disabled={state.why !== "" || !(core.state.value?.writable ?? false)}
          title={state.why === "" ? undefined : state.why}
          onClick={() => void duplicates.find()}
        >
          <Icon name="search" /> Find duplicates
        </button>
      ) : (
        state.groups > 0 && (
          <button
            type="button"
            class="curate-button curate-duplicates-open"
            aria-pressed={shown}
            onClick={() => (shown ? shell.toSamples() : shell.setMode("duplicates"))}
          >
            {state.open === 0 ? "Look at them again" : `Review ${counted(state.open, "group")}`}
            <progress class="curate-review-progress" aria-hidden="true" value={done} max={state.groups} />
          </button>
        )
      )}
    </section>
  );
}
