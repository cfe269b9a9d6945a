import type { Store } from "../store/store";
import { nothingLeft, sentence } from "./wording";

/** Nothing is left to look at: what came of it, and the ways on. */
export function Ended({ store }: { store: Store }) {
  const { hunt } = store;
  const state = hunt.state.value;
  const task = hunt.task.value;
  if (state === null) return null;
  const { title, lines } = nothingLeft(task, state, hunt.pending.value > 0);
  return (
    <div
      class="curate-notice curate-notice-centre curate-review-place curate-hunt-ended"
      role="status"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: Enter goes on
      tabIndex={0}
    >
      <strong>{title}</strong>
      {lines.map((line) => (
        <p key={line}>
          <bdi>{sentence(line)}</bdi>
        </p>
      ))}
      {task !== "hunt" && (
        <button type="button" class="curate-button curate-strong" onClick={() => hunt.setTask("hunt")}>
          Go on hunting
        </button>
      )}
    </div>
  );
}
