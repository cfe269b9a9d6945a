import { Dismiss, StateIcon } from "../jobs/Jobs";
import { Progress } from "../map/NoMap";
import type { Job } from "../protocol";
import type { Store } from "../store/store";

/** What is under way with this split, and what came of it. */
export function Outcome({ store }: { store: Store }) {
  const { splits } = store;
  const making = splits.job.value;
  const jobs = [...(making === null || making.state === "done" ? [] : [making]), ...splits.exported.value];
  return (
    <>
      {jobs.map((job) => (
        <One key={job.id} store={store} job={job} />
      ))}
    </>
  );
}

function One({ store, job }: { store: Store; job: Job }) {
  const running = job.state === "running";
  return (
    <div class="curate-splits-outcome" data-state={job.state}>
      {!running && <StateIcon job={job} />}
      <div>
        <strong>
          <bdi>{job.title}</bdi>
        </strong>
        {running ? (
          <Running store={store} job={job} />
        ) : (
          <p role={job.state === "failed" ? "alert" : "status"}>
            <bdi>{job.text}</bdi> {job.hint !== "" && <bdi class="curate-quiet">Hint: {job.hint}</bdi>}
          </p>
        )}
      </div>
      {!running && <Dismiss store={store} job={job} />}
    </div>
  );
}

/** How far a job is, in words too, with the way to stop it. */
export function Running({ store, job }: { store: Store; job: Job }) {
  return (
    <>
      <Progress job={job} stop={() => void store.jobs.stop(job.id)} />
      <p class="curate-quiet" role="status">
        {job.text.slice(job.text.lastIndexOf(": ") + 1)}
      </p>
    </>
  );
}
