import { Icon } from "../icons/Icon";
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
    <div class="curate-notice" role="alert">
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
        <Icon name="refresh" /> Try again
      </button>
    </div>
  );
}

/** Nothing is left of the query, and two ways back. */
export function NoMatch({ store }: { store: Store }) {
  const { core, search } = store;
  const state = core.state.value;
  const undo = state?.undo ?? "";
  return (
    <div class="curate-notice curate-notice-centre" role="status">
      <strong>No sample fits this query.</strong>
      <p class="curate-quiet">
        There are {state?.total.toLocaleString("en")} samples in <bdi>{state?.dataset}</bdi>.
      </p>
      <div class="curate-notice-ways">
        {undo !== "" ? (
          <button type="button" class="curate-button" title={undo} onClick={() => void core.undo()}>
            <Icon name="undo" /> Undo the last step
          </button>
        ) : (
          <button type="button" class="curate-button" onClick={() => void search.removeLast()}>
            <Icon name="close" /> Remove the last step
          </button>
        )}
        <button type="button" class="curate-button" onClick={() => void search.clear()}>
          Clear the query
        </button>
      </div>
    </div>
  );
}

export function EmptyDataset({ store }: { store: Store }) {
  return (
    <div class="curate-notice curate-notice-centre" role="status">
      <strong>This dataset is empty.</strong>
      <p class="curate-quiet">
        Fill it with <code>ds.ingest(folder)</code>, and the pictures come in.
      </p>
      <button type="button" class="curate-button" onClick={() => void store.core.refresh()}>
        <Icon name="refresh" /> Look again
      </button>
    </div>
  );
}
