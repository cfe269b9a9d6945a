import { Icon } from "../icons/Icon";
import type { Job } from "../protocol";
import type { Store } from "../store/store";
import { progressText } from "./slice";
import "./jobs.css";

/** What runs in the background, over the content, so that nothing moves for it. */
export function Jobs({ store }: { store: Store }) {
  const { jobs, core, shell } = store;
  const mode = shell.mode.value;
  // What is to be seen says itself how far it is and what came of it, but not why it has stopped.
  const seen: Record<Job["kind"], boolean> = {
    export: false,
    split: false,
    project: core.part === "map" || (core.part === "explorer" && (mode === "both" || mode === "map")),
    issues: core.part === "facets" || (core.part === "explorer" && shell.isOpen("facets")),
    duplicates: core.part === "explorer" && mode === "duplicates",
  };
  const shown = jobs.jobs.value.filter(
    (job) =>
      !store.splits.shows(job) &&
      (!seen[job.kind] || (job.kind !== "project" && job.state !== "running" && job.state !== "done")),
  );
  return (
    <ul class="curate-jobs" aria-label="In the background">
      {shown.map((job) => (
        <Chip key={job.id} store={store} job={job} />
      ))}
    </ul>
  );
}

/** How a job ended. */
export function StateIcon({ job }: { job: Job }) {
  return <Icon name={job.state === "done" ? "check" : job.state === "failed" ? "warning" : "stop"} />;
}

/** Takes what is said of an ended job away. */
export function Dismiss({ store, job }: { store: Store; job: Job }) {
  return (
    <button
      type="button"
      class="curate-button curate-plain"
      aria-label={`Dismiss: ${job.title}`}
      title="Dismiss"
      onClick={() => store.jobs.dismiss(job.id)}
    >
      <Icon name="close" />
    </button>
  );
}

function Chip({ store, job }: { store: Store; job: Job }) {
  const { jobs } = store;
  const stopping = jobs.stopping.value.includes(job.id);
  const running = job.state === "running";
  return (
    <li class="curate-job" data-state={job.state}>
      <div class="curate-job-head">
        {!running && <StateIcon job={job} />}
        <strong>
          <bdi>{job.title}</bdi>
        </strong>
        {running ? (
          <button
            type="button"
            class="curate-button"
            disabled={stopping}
            aria-label={`Stop: ${job.title}`}
            onClick={() => void jobs.stop(job.id)}
          >
            {stopping ? "Stopping…" : "Stop"}
          </button>
        ) : (
          <Dismiss store={store} job={job} />
        )}
      </div>
      {running ? (
        <div class="curate-job-progress">
          <progress
            aria-label={job.title}
            max={Math.max(job.total, 1)}
            value={job.total > 0 ? job.done : undefined}
          />
          <span class="curate-quiet curate-number">{progressText(job) || "starting"}</span>
        </div>
      ) : (
        <p role={job.state === "failed" ? "alert" : "status"}>
          <bdi>{job.text}</bdi>
          {job.hint !== "" && (
            <span class="curate-quiet">
              {" "}
              Hint: <bdi>{job.hint}</bdi>
            </span>
          )}
        </p>
      )}
    </li>
  );
}
