import { useRef } from "preact/hooks";
import type { Store } from "../store/store";
import { DEFAULT_SHARE, sharedBy, shareOf } from "./arrangement";

/** The line between map and grid: dragged, moved by arrow keys, and put back by a double click. */
export function Splitter({ store, controls }: { store: Store; controls: string }) {
  const line = useRef<HTMLDivElement>(null);
  const { share } = store.shell;
  const box = () => line.current?.parentElement?.getBoundingClientRect();
  return (
    <div
      ref={line}
      class="curate-splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="horizontal"
      aria-label="Height of the map"
      aria-controls={controls}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share.value * 100)}
      title="Drag to share the room; double click to put back"
      onPointerDown={(event) => {
        if (event.button === 0) event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const room = box();
        if (room === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
        store.shell.setShare(shareOf(event.clientY - room.top, room.height));
      }}
      onDblClick={() => store.shell.setShare(DEFAULT_SHARE)}
      onKeyDown={(event) => {
        const next = sharedBy(event.key, share.peek(), box()?.height ?? 0);
        if (next === null) return;
        event.preventDefault();
        event.stopPropagation();
        store.shell.setShare(next);
      }}
    />
  );
}
