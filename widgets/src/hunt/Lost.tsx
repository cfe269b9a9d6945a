import { Still } from "../notice/Still";
import { counted } from "../review/wording";
import { PythonCode } from "../search/Python";
import type { Store } from "../store/store";
import "../search/search.css";

/** Of a hunt without a kernel: the answers that the kernel does not have. */
export function Lost({ store }: { store: Store }) {
  const { hunt } = store;
  const pending = hunt.pending.value;
  const known = hunt.state.value !== null;
  return (
    <Still
      store={store}
      known={known}
      back="Run the cell again, and the hunt goes on where it was."
      of="hunt"
    >
      {pending === 0 ? (
        <p class="curate-quiet">Every answer was saved.</p>
      ) : (
        <>
          <p>{counted(pending, "answer")} had not reached it. Run this behind the cell, and none is lost:</p>
          <div class="curate-python">
            <PythonCode code={hunt.outbox.python()} />
          </div>
        </>
      )}
    </Still>
  );
}
