import type { Failure } from "../store/failure";
import type { Store } from "../store/store";
import "./notice.css";

/** An error with the way back. */
export function FailureNotice({
  failure,
  retry,
  label,
}: {
  failure: Failure;
  retry: () => void;
  label: string;
}) {
  return (
    <div class="curate-failure" role="alert">
      <strong>{label}</strong>
      <p>
        <bdi>{failure.message}</bdi>
      </p>
      {failure.hint && (
        <p class="curate-quiet">
          Hint: <bdi>{failure.hint}</bdi>
        </p>
      )}
      <button type="button" class="curate-button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** Why nothing comes: the kernel is busy, or gone. */
export function ConnectionNotice({ store }: { store: Store }) {
  const connection = store.core.rpc.connection.value;
  if (connection === "fine") return null;
  const alive = store.core.state.value?.alive ?? false;
  const text =
    store.core.state.value === null && store.core.still() !== ""
      ? "No kernel has answered yet, so this is a still picture. Run the notebook to bring it to life."
      : connection === "lost"
        ? "The kernel that made this gallery is gone. Run the cell again to bring it back."
        : alive
          ? "Still working on it…"
          : "The kernel is busy; this waits until the running cell ends.";
  return (
    <div class={`curate-connection curate-${connection}`} role="status">
      {text}
    </div>
  );
}
