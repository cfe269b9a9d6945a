import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { waitingFor } from "./words";

/** What is said in passing: over the content, so that nothing moves for it. */
export function Passing({ store }: { store: Store }) {
  const { core } = store;
  const state = core.state.value;
  const waits = waitingFor(core.rpc.connection.value, {
    alive: state?.alive ?? false,
    busy: core.busy.value,
    online: navigator.onLine,
  });
  return (
    <div class="curate-passing">
      <div class="curate-waits" role="status" hidden={waits === ""}>
        {waits}
      </div>
      {state?.stale && (
        <button
          type="button"
          class="curate-button curate-accent curate-stale"
          onClick={() => void core.refresh()}
        >
          <Icon name="refresh" /> The dataset has changed: refresh
        </button>
      )}
    </div>
  );
}
