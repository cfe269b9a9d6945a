import { number } from "../review/wording";
import type { Store } from "../store/store";
import { reason } from "./wording";

/** Why one looks at these samples, how far it is, and the way back. */
export function TaskBar({ store }: { store: Store }) {
  const { hunt } = store;
  const state = hunt.state.value;
  const task = hunt.task.value;
  if (state === null || task === "hunt" || (task === "audit" && state.audit === null)) return null;
  const audit = task === "audit" ? state.audit : null;
  return (
    <div class="curate-bar curate-hunt-task" data-task={task}>
      {audit !== null && (
        <>
          <strong class="curate-number">
            {`Audit: ${number(audit.answered)} of ${number(audit.count)}`}
          </strong>
          <progress
            class="curate-review-progress"
            aria-label="The audit"
            value={audit.answered}
            max={audit.count}
          />
        </>
      )}
      <span class="curate-quiet curate-number curate-hunt-reason">{reason(task, state)}</span>
      {task !== "audit" && (
        <>
          <span class="curate-hunt-between" />
          <button type="button" class="curate-link" onClick={() => hunt.setTask("hunt")}>
            Back to the hunt
          </button>
        </>
      )}
    </div>
  );
}
