import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../bar/icons";
import { contains } from "../selection/ranges";
import type { GalleryStore } from "../store";
import "./lightbox.css";

/** One sample, large, with what is known about it. A modal dialog, so that no cell clips it. */
export function Lightbox({ store }: { store: GalleryStore }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const opened = store.opened.value;
  const isOpen = opened !== null;
  useEffect(() => {
    if (!isOpen) return;
    dialog.current?.showModal();
    // Not the first button: the space bar would press it instead of selecting.
    dialog.current?.focus();
  }, [isOpen]);
  if (opened === null) return null;

  const count = store.state.value?.count ?? 0;
  const { row } = opened;
  const selected = contains(store.selection.value, row);
  const go = (step: number) => {
    if (row + step >= 0 && row + step < count) void store.open(row + step);
  };
  const toggle = () => store.pick(row, { toggle: true });
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "ArrowLeft" || event.key === "ArrowUp") go(-1);
    else if (event.key === "ArrowRight" || event.key === "ArrowDown") go(1);
    else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) toggle();
    else return;
    event.preventDefault();
  };
  const thumbnail = store.pages.tile(row)?.url ?? "";
  const source = opened.url || (opened.loading ? thumbnail : "");

  return (
    <dialog
      ref={dialog}
      class="curate-dialog curate-lightbox"
      tabIndex={-1}
      aria-label={`Sample ${row + 1} of ${count}`}
      onClose={() => store.close()}
      onKeyDown={onKeyDown}
      onClick={(event) => event.target === event.currentTarget && store.close()}
    >
      <div class="curate-stage">
        {source ? (
          <img src={source} alt={opened.name} class={opened.url ? "" : "curate-soft"} />
        ) : (
          !opened.loading && (
            <p class="curate-stage-note">
              <Icon name="broken" />
              <bdi>{opened.failure ? opened.failure.message : opened.note || "There is no picture."}</bdi>
            </p>
          )
        )}
        <button
          type="button"
          class="curate-arrow curate-before"
          aria-label="Previous sample"
          disabled={row === 0}
          onClick={() => go(-1)}
        >
          <Icon name="left" />
        </button>
        <button
          type="button"
          class="curate-arrow curate-after"
          aria-label="Next sample"
          disabled={row === count - 1}
          onClick={() => go(1)}
        >
          <Icon name="right" />
        </button>
      </div>
      <div class="curate-facts">
        <div class="curate-facts-head">
          <span class="curate-quiet">
            {(row + 1).toLocaleString("en")} of {count.toLocaleString("en")}
          </span>
          <button
            type="button"
            class="curate-button curate-plain"
            aria-label="Close"
            onClick={() => store.close()}
          >
            <Icon name="close" />
          </button>
        </div>
        <h2>
          <bdi>{opened.name}</bdi>
        </h2>
        <button type="button" class="curate-button" aria-pressed={selected} onClick={toggle}>
          {selected ? "Selected" : "Select"}
        </button>
        {source && opened.note && (
          <p class="curate-note">
            <bdi>{opened.note}</bdi>
          </p>
        )}
        {opened.failure && (
          <p class="curate-note" role="alert">
            <bdi>{opened.failure.message}</bdi> <bdi>{opened.failure.hint}</bdi>
          </p>
        )}
        {opened.tags.length > 0 && (
          <ul class="curate-tags" aria-label="Tags">
            {opened.tags.map((tag) => (
              <li key={tag}>
                <bdi>{tag}</bdi>
              </li>
            ))}
          </ul>
        )}
        <dl aria-busy={opened.loading}>
          {opened.fields.map((field) => (
            <div key={field.name}>
              <dt>{field.name.replaceAll("_", " ")}</dt>
              <dd>
                <bdi>{field.value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}
