import type { Job } from "../protocol";
import type { Store } from "../store/store";

/** There is no map yet: what it would be, and how to get it. */
export function NoMap({ store, why }: { store: Store; why: string }) {
  const { map, core } = store;
  const job = map.job.value;
  const state = core.state.value;
  const possible = state !== null && state.encoder !== "" && state.total > 0;
  return (
    <div class="curate-map-none">
      <strong>There is no map yet</strong>
      <p class="curate-quiet">
        On a map, pictures that look alike lie close together.{" "}
        {possible ? "It is made once, and kept." : null}
      </p>
      {job?.state === "running" ? (
        <Progress job={job} stop={() => void map.stopMaking()} />
      ) : (
        <>
          {job?.state === "failed" && (
            <p role="alert">
              <bdi>{job.text}</bdi> {job.hint && <bdi class="curate-quiet">Hint: {job.hint}</bdi>}
            </p>
          )}
          {possible ? (
            <button
              type="button"
              class="curate-button curate-strong"
              disabled={!state.writable}
              title={state.writable ? undefined : "This dataset can only be read"}
              onClick={() => void map.make()}
            >
              Make the map
            </button>
          ) : (
            <p>
              <bdi>{why}</bdi>
            </p>
          )}
        </>
      )}
    </div>
  );
}

/** How far the making is, with the way to stop it. */
export function Progress({ job, stop }: { job: Job; stop: () => void }) {
  const known = job.total > 0;
  const share = known ? Math.round((100 * job.done) / job.total) : 0;
  return (
    <div class="curate-map-progress">
      <progress aria-label={job.title} max={100} value={known ? share : undefined} />
      <span class="curate-quiet curate-number">{known ? `${share} %` : "…"}</span>
      <button type="button" class="curate-button" onClick={stop}>
        Stop
      </button>
    </div>
  );
}
