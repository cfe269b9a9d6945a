import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { type Section, sectionsOf } from "./keys";
import "./help.css";

/** All keys, of what this widget shows. */
export function Help({ store }: { store: Store }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = store.shell.help.value;
  useEffect(() => {
    if (!open) return;
    dialog.current?.showModal();
    dialog.current?.focus();
  }, [open]);
  if (!open) return null;
  const close = () => dialog.current?.close();
  return (
    <dialog
      ref={dialog}
      class="curate-dialog curate-help"
      tabIndex={-1}
      aria-label="Keyboard"
      onClose={() => {
        store.shell.help.value = false;
      }}
      onClick={(event) => event.target === event.currentTarget && close()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "?") close();
      }}
    >
      <div class="curate-help-head">
        <h2>Keyboard</h2>
        <button type="button" class="curate-button curate-plain" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <div class="curate-help-body" tabIndex={0}>
        {sectionsOf(store.core.part).map((section) => (
          <Keys key={section.title} section={section} />
        ))}
      </div>
    </dialog>
  );
}

function Keys({ section }: { section: Section }) {
  return (
    <section>
      <h3>{section.title}</h3>
      <dl>
        {section.lines.map(([keys, what]) => (
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
    </section>
  );
}
