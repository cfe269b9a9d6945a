import type { Store } from "../store/store";

/** What is said in passing, over the bar, with the way back where something was written. */
export function Toast({ store }: { store: Store }) {
  const { core, selection } = store;
  const said = core.toast.value;
  const undoable = selection.undoable.value;
  const undo = core.state.value?.undo ?? "";
  const can = undoable?.said === said && undo !== "" && (undoable.undo === "" || undoable.undo === undo);
  return (
    <div class="curate-toast" role="status">
      {said !== "" && (
        <span class="curate-toast-words">
          <bdi>{said}</bdi>
          {can && (
            <button type="button" class="curate-link" onClick={() => void core.undo()}>
              Undo
            </button>
          )}
        </span>
      )}
    </div>
  );
}
