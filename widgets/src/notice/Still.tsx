import type { ComponentChildren } from "preact";
import { PythonCode } from "../search/Python";
import type { Store } from "../store/store";
import "./notice.css";

/** In place of everything where there is no kernel: the still picture, what to do, and what to take along. */
export function Still({ store, known, back, of, children }: StillProps) {
  const still = store.core.still();
  return (
    <div class="curate-lost">
      <div class="curate-notice" role="status">
        <strong>
          {known
            ? `The kernel that made this is gone. ${back}`
            : "No kernel has answered yet, so this is a still picture. Run the notebook to bring it to life."}
        </strong>
        {known && children}
      </div>
      {still !== "" && <img class="curate-still" src={still} alt={`The first samples of this ${of}`} />}
    </div>
  );
}

interface StillProps {
  store: Store;
  /** Whether a kernel has ever answered. */
  known: boolean;
  /** How it comes back. */
  back: string;
  /** What is on the still picture. */
  of: "view" | "hunt";
  /** What a person takes along from a kernel that is gone. */
  children: ComponentChildren;
}

/** Of a view, that is its query. */
export function StillView({ store }: { store: Store }) {
  const state = store.core.state.value;
  return (
    <Still store={store} known={state !== null} back="Run the cell again to bring it back." of="view">
      <p class="curate-quiet">Nothing that was tagged or saved is lost. This is the query, as Python:</p>
      <div class="curate-python">
        <PythonCode code={state?.python ?? ""} />
      </div>
    </Still>
  );
}
