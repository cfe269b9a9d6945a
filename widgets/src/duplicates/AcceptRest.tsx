import { useRef } from "preact/hooks";
import { useModal } from "../app/modal";
import type { DuplicatesState } from "../protocol";
import { counted } from "../review/wording";
import type { Store } from "../store/store";

/** Before all that follow are accepted, somebody says so once more. */
export function AcceptRest({ store, state }: { store: Store; state: DuplicatesState }) {
  if (!store.duplicates.asking.value) return null;
  return <Dialog store={store} state={state} />;
}

function Dialog({ store, state }: { store: Store; state: DuplicatesState }) {
  const { duplicates } = store;
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog);
  const close = () => {
    duplicates.asking.value = false;
  };
  // Those before the current one stay as they are.
  const all = state.first_open >= duplicates.at.value;
  return (
    <dialog
      ref={dialog}
      class="curate-dialog curate-duplicates-ask"
      tabIndex={-1}
      aria-label="Accept the rest"
      onClose={close}
      onClick={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key !== "Enter" || event.target instanceof HTMLButtonElement || event.repeat) return;
        event.preventDefault();
        void duplicates.acceptRest();
      }}
    >
      <h2>
        {all ? `Accept ${counted(state.open, "open group")}?` : "Accept every open group from here on?"}
      </h2>
      <p>
        Of each, the best one stays, and the others get the tag <b>duplicate</b>. Nothing is erased, and one
        undo takes all of it back.
      </p>
      <div class="curate-form-line curate-form-end">
        <button type="button" class="curate-button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="curate-button curate-strong"
          onClick={() => void duplicates.acceptRest()}
        >
          Accept them
        </button>
      </div>
    </dialog>
  );
}
