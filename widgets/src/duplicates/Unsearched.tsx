import { Icon } from "../icons/Icon";
import { Progress } from "../map/NoMap";
import type { DuplicatesState } from "../protocol";
import type { Store } from "../store/store";

/** Nobody has searched, or nothing was found: what it is about, and the way to search. */
export function Unsearched({ store, state }: { store: Store; state: DuplicatesState }) {
  const { duplicates, jobs, core } = store;
  const job = duplicates.job.value;
  const writable = core.state.value?.writable ?? false;
  return (
    <div class="curate-notice curate-notice-centre">
      <strong>
        {state.searched ? "No two samples are the same" : "Nobody has looked for duplicates yet"}
      </strong>
      <p class="curate-quiet">
        {state.searched ? (
          <bdi>{state.note}</bdi>
        ) : (
          "The same file, the same picture at another size or brightness, and frames of a drive that hardly change. How alike is alike is measured on your own pictures."
        )}
      </p>
      {state.why !== "" && (
        <p>
          <bdi>{state.why}</bdi>
        </p>
      )}
      {job?.state === "running" ? (
        <>
          <Progress job={job} stop={() => void jobs.stop(job.id)} />
          <p class="curate-quiet" role="status">
            <bdi>{job.text}</bdi>
          </p>
        </>
      ) : (
        <>
          {job?.state === "failed" && (
            <p role="alert">
              <bdi>{job.text}</bdi> {job.hint !== "" && <bdi class="curate-quiet">Hint: {job.hint}</bdi>}
            </p>
          )}
          {state.why === "" && (
            <button
              type="button"
              class={`curate-button ${state.searched ? "" : "curate-strong"}`}
              disabled={!writable}
              title={writable ? undefined : "This dataset can only be read"}
              onClick={() => void duplicates.find()}
            >
              <Icon name={state.searched ? "refresh" : "search"} />
              {state.searched ? "Find duplicates again" : "Find duplicates"}
            </button>
          )}
        </>
      )}
    </div>
  );
}
