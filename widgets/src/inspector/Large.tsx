import { useRef } from "preact/hooks";
import { writes } from "../app/keys";
import { useModal } from "../app/modal";
import { Icon } from "../icons/Icon";
import { FailureNotice } from "../notice/Notice";
import type { Store } from "../store/store";
import { Facts } from "./Facts";
import { Title } from "./Inspector";
import { Stage, type StageHandle } from "./Stage";
import { Tools } from "./Tools";
import "./inspector.css";
import "./large.css";

/** One sample, large, with what is known about it. A modal dialog, so that no cell clips it. */
export function Large({ store }: { store: Store }) {
  const { inspector } = store;
  if (!inspector.large.value || inspector.opened.value === null) return null;
  return <Dialog store={store} />;
}

function Dialog({ store }: { store: Store }) {
  const { inspector, core } = store;
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<StageHandle>(null);
  const row = inspector.row.value;
  const count = core.state.value?.count ?? 0;
  const failure = inspector.failure.value;
  const name = inspector.current.value?.picture.name ?? inspector.opened.value?.name ?? "";

  useModal(dialog);

  const onKeyDown = (event: KeyboardEvent) => {
    // Undo and help mean the same in here as everywhere; nothing else gets through to what lies below.
    const everywhere = event.ctrlKey || event.metaKey || event.key === "?";
    if (everywhere && !writes(event.target)) return;
    event.stopPropagation();
    if (event.altKey || writes(event.target)) return;
    if (event.key === "t") {
      event.preventDefault();
      dialog.current?.querySelector<HTMLElement>(".curate-tag-add")?.click();
      return;
    }
    const pressing =
      event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
    if (!pressing && keyed(event.key, store, stage.current)) event.preventDefault();
  };

  return (
    <dialog
      ref={dialog}
      class="curate-dialog curate-large"
      tabIndex={-1}
      aria-label={`Sample ${name}`}
      onClose={() => inspector.shrink()}
      onKeyDown={onKeyDown}
      onClick={(event) => event.target === event.currentTarget && inspector.shrink()}
    >
      <div class="curate-large-stage">
        <Stage store={store} handle={stage} />
        <Arrow store={store} by={-1} disabled={row === null || row === 0} />
        <Arrow store={store} by={1} disabled={row === null || row >= count - 1} />
      </div>
      <div class="curate-large-side">
        <div class="curate-large-head">
          <Title store={store} />
          <button
            type="button"
            class="curate-button curate-plain"
            aria-label="Close"
            title="Close (Esc)"
            onClick={() => inspector.shrink()}
          >
            <Icon name="close" />
          </button>
        </div>
        <Tools store={store} />
        {failure && inspector.current.value === null ? (
          <FailureNotice
            failure={failure}
            retry={() => inspector.retry()}
            label="This sample cannot be shown"
          />
        ) : (
          <Facts store={store} noted={inspector.current.value?.url === ""} />
        )}
      </div>
    </dialog>
  );
}

function Arrow({ store, by, disabled }: { store: Store; by: 1 | -1; disabled: boolean }) {
  return (
    <button
      type="button"
      class={`curate-large-arrow ${by < 0 ? "curate-large-before" : "curate-large-after"}`}
      aria-label={by < 0 ? "Previous sample" : "Next sample"}
      title={by < 0 ? "Previous sample (←)" : "Next sample (→)"}
      disabled={disabled}
      onClick={() => void store.inspector.step(by)}
    >
      <Icon name={by < 0 ? "back" : "forward"} />
    </button>
  );
}

/** What a key does; false where it means nothing here. Arrows move a picture that is larger than its box. */
function keyed(key: string, { inspector }: Store, stage: StageHandle | null): boolean {
  const arrow = ARROWS[key];
  if (arrow !== undefined) {
    if (!stage?.pan(-arrow[0], -arrow[1])) void inspector.step(arrow[0] + arrow[1] > 0 ? 1 : -1);
    return true;
  }
  switch (key) {
    case "PageDown":
      void inspector.step(1);
      return true;
    case "PageUp":
      void inspector.step(-1);
      return true;
    case "+":
    case "=":
      stage?.zoom(1);
      return true;
    case "-":
      stage?.zoom(-1);
      return true;
    case "0":
      stage?.fit();
      return true;
    case "1":
      stage?.actual();
      return true;
    case " ":
      inspector.toggle();
      return true;
    case "b":
      inspector.toggleShapes();
      return true;
    case "s":
      inspector.similar(inspector.opened.peek()?.sampleId ?? "");
      return true;
    case "g":
      inspector.showInGrid();
      return true;
    case "i":
      inspector.shrink();
      return true;
    default:
      return false;
  }
}

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
