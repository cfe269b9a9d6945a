import { useEffect, useRef } from "preact/hooks";
import type { Store } from "../store/store";
import "./help.css";

const KEYS: [string[], string][] = [
  [["←", "→", "↑", "↓"], "move"],
  [["Home", "End", "PgUp", "PgDn"], "move far"],
  [["Space"], "select or deselect"],
  [["Shift"], "with a move or a click: select everything from the last pick to here"],
  [["Ctrl"], "with a click: add to the selection, or take away"],
  [["Ctrl", "A"], "select all"],
  [["Esc"], "clear the selection, close what is open"],
  [["Enter"], "enlarge; a double click does the same"],
  [["+", "−"], "larger or smaller pictures"],
  [["t"], "tag the selection"],
  [["?"], "this help"],
];

export function Help({ store }: { store: Store }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = store.shell.help.value;
  useEffect(() => {
    if (!open) return;
    dialog.current?.showModal();
    dialog.current?.focus();
  }, [open]);
  if (!open) return null;
  const close = () => {
    store.shell.help.value = false;
  };
  return (
    <dialog
      ref={dialog}
      class="curate-dialog curate-help"
      tabIndex={-1}
      aria-label="Keyboard"
      onClose={close}
      onClick={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "?") close();
      }}
    >
      <h2>Keyboard</h2>
      <dl>
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="curate-button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
