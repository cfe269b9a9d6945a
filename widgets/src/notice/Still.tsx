import { QueryAsPython } from "../search/Python";
import type { Store } from "../store/store";
import "./notice.css";

/** In place of everything where there is no kernel: the still picture, what to do, and the query to take along. */
export function Still({ store }: { store: Store }) {
  const { core } = store;
  const still = core.still();
  const known = core.state.value !== null;
  return (
    <div class="curate-lost">
      <div class="curate-notice" role="status">
        <strong>
          {known
            ? "The kernel that made this is gone. Run the cell again to bring it back."
            : "No kernel has answered yet, so this is a still picture. Run the notebook to bring it to life."}
        </strong>
        {known && (
          <>
            <p class="curate-quiet">
              Nothing that was tagged or saved is lost. This is the query, as Python:
            </p>
            <div class="curate-python">
              <QueryAsPython store={store} />
            </div>
          </>
        )}
      </div>
      {still !== "" && <img class="curate-still" src={still} alt="The first samples of this view" />}
    </div>
  );
}
