import type { TargetedEvent, TargetedKeyboardEvent, TargetedMouseEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { FailureNotice } from "../notice/Notice";
import { contains } from "../selection/ranges";
import type { Store } from "../store/store";
import {
  type Layout,
  layout,
  lineTop,
  moved,
  nativeFor,
  nativeHeight,
  revealed,
  type Scroll,
  scrolled,
  stuck,
  visibleLines,
} from "./arithmetic";
import { TileCell } from "./TileCell";
import "./grid.css";

const SETTLE_MS = 150;
const MOVES = new Set([
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
  "PageUp",
  "PageDown",
]);

/** The tiles that are on the screen, out of as many as there are. */
export function Grid({ store }: { store: Store }) {
  const scroller = useRef<HTMLDivElement>(null);
  const scroll = useRef<Scroll>({ native: 0, virtual: 0 });
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [box, setBox] = useState({ width: 0, height: 0 });
  const [, redraw] = useState(0);
  const state = store.core.state.value;
  const count = state?.count ?? 0;
  const grid = layout(count, box.width, store.grid.size.value, store.grid.columns.value);
  const selection = store.selection.ranges.value;
  const active = store.grid.active.value;
  // Reading it is what draws the tiles again when a page arrives.
  void store.grid.arrived.value;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = () => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
      clearTimeout(settle.current);
    };
  }, []);

  const scrollTo = (virtual: number) => {
    const top = Math.min(Math.max(virtual, 0), Math.max(grid.height - box.height, 0));
    const native = Math.round(nativeFor(top, grid.height, box.height));
    scroll.current = { native, virtual: grid.height === nativeHeight(grid.height) ? native : top };
    if (scroller.current) scroller.current.scrollTop = native;
    redraw((n) => n + 1);
  };

  // A new width or size of tile: the line that was on top stays on top.
  const before = useRef<Layout | null>(null);
  useLayoutEffect(() => {
    const was = before.current;
    before.current = grid;
    if (was === null || was.count === 0 || (was.pitch === grid.pitch && was.columns === grid.columns)) return;
    const row = Math.round(scroll.current.virtual / was.pitch) * was.columns;
    scrollTo(Math.floor(row / grid.columns) * grid.pitch);
  }, [grid.pitch, grid.columns]);

  const [first, last] = visibleLines(grid, scroll.current.virtual, box.height);
  useEffect(() => {
    if (box.width > 0 && count > 0)
      store.grid.show(first * grid.columns, Math.min(last * grid.columns, count));
  }, [first, last, grid.columns, count, box.width > 0]);

  const onScroll = (event: TargetedEvent<HTMLDivElement>) => {
    const element = event.currentTarget;
    if (element.scrollTop === scroll.current.native) return;
    scroll.current = scrolled(scroll.current, element.scrollTop, grid.height, box.height);
    if (stuck(scroll.current, grid.height, box.height)) scrollTo(scroll.current.virtual);
    redraw((n) => n + 1);
    clearTimeout(settle.current);
    settle.current = setTimeout(() => {
      if (grid.height !== nativeHeight(grid.height)) scrollTo(scroll.current.virtual);
    }, SETTLE_MS);
  };

  const goTo = (row: number, extend: boolean) => {
    if (extend) store.selection.pick(row, { extend: true });
    else store.selection.goTo(row);
    const top = revealed(grid, row, scroll.current.virtual, box.height);
    if (top !== scroll.current.virtual) scrollTo(top);
  };

  const open = (row: number) => {
    const tile = store.grid.pages.tile(row);
    if (tile) store.inspector.open(tile.sample_id, { row, large: true });
  };

  const wanted = store.grid.revealed.value;
  useEffect(() => {
    if (wanted.times === 0) return;
    const top = revealed(grid, wanted.row, scroll.current.virtual, box.height);
    if (top !== scroll.current.virtual) scrollTo(top);
  }, [wanted]);

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    const { key } = event;
    const control = event.ctrlKey || event.metaKey;
    if (MOVES.has(key) && !control && !event.altKey)
      goTo(moved(grid, active, key, box.height), event.shiftKey);
    else if (key === " ") store.selection.pick(active, { toggle: true, extend: event.shiftKey });
    else if (key === "a" && control) store.selection.selectAll();
    else if (control || event.altKey) return;
    else if (key === "Enter") open(active);
    else if (key === "Escape") store.selection.clear();
    else if (key === "+" || key === "=") store.grid.resize(store.grid.size.value * 1.2);
    else if (key === "-") store.grid.resize(store.grid.size.value / 1.2);
    else if (key === "?") store.shell.help.value = true;
    else if (key === "t") focusTagBox(event.currentTarget);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const rowAt = (event: Event): number => {
    const cell = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    return cell instanceof HTMLElement ? Number(cell.dataset.row) : -1;
  };

  const onClick = (event: TargetedMouseEvent<HTMLDivElement>) => {
    const row = rowAt(event);
    // The second click of a double click picks nothing.
    if (row < 0 || event.detail > 1) return;
    const onCheck = event.target instanceof Element && event.target.closest(".curate-check") !== null;
    store.selection.pick(row, { extend: event.shiftKey, toggle: event.ctrlKey || event.metaKey || onCheck });
  };

  const cellId = (row: number) => `tile-${store.core.rpc.client}-${row}`;
  const offset = scroll.current.native - scroll.current.virtual;
  const lines = [];
  for (let line = first; line < last; line++) lines.push(line);
  const failure = store.grid.failure.value;

  return (
    <div class="curate-grid-box">
      <div
        ref={scroller}
        class="curate-grid"
        role="grid"
        tabIndex={0}
        aria-label="Samples"
        aria-multiselectable="true"
        aria-rowcount={grid.lines}
        aria-colcount={grid.columns}
        aria-busy={state === null}
        aria-activedescendant={count > 0 ? cellId(active) : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onDblClick={(event) => {
          const row = rowAt(event);
          if (row < 0 || event.shiftKey || event.ctrlKey || event.metaKey) return;
          store.selection.takeBackPick();
          open(row);
        }}
      >
        {state === null && (
          <Skeleton width={box.width} size={store.grid.size.value} columns={store.grid.columns.value} />
        )}
        <div role="presentation" class="curate-sizer" style={{ height: `${nativeHeight(grid.height)}px` }}>
          {lines.map((line) => (
            <div
              key={line}
              role="row"
              aria-rowindex={line + 1}
              class="curate-line"
              style={{
                transform: `translateY(${lineTop(grid, line) + offset}px)`,
                height: `${grid.tileHeight}px`,
                gridTemplateColumns: `repeat(${grid.columns}, ${grid.tileWidth}px)`,
              }}
            >
              {range(line * grid.columns, Math.min((line + 1) * grid.columns, count)).map((row) => (
                <TileCell
                  key={row}
                  id={cellId(row)}
                  row={row}
                  column={row % grid.columns}
                  tile={store.grid.pages.tile(row)}
                  selected={contains(selection, row)}
                  active={row === active}
                />
              ))}
            </div>
          ))}
        </div>
      </div>
      {failure && (
        <div class="curate-page-failure">
          <FailureNotice
            failure={failure}
            retry={() => store.grid.retry()}
            label="These samples cannot be shown"
          />
        </div>
      )}
    </div>
  );
}

/** What is seen until the kernel has said how many there are; the same tiles in the same places. */
function Skeleton({ width, size, columns }: { width: number; size: number; columns: number | null }) {
  const grid = layout(48, width, size, columns);
  return (
    <div class="curate-skeleton" aria-hidden="true">
      {range(0, Math.min(grid.lines, 8)).map((line) => (
        <div
          key={line}
          class="curate-line"
          style={{
            transform: `translateY(${lineTop(grid, line)}px)`,
            height: `${grid.tileHeight}px`,
            gridTemplateColumns: `repeat(${grid.columns}, ${grid.tileWidth}px)`,
          }}
        >
          {range(0, grid.columns).map((column) => (
            <div key={column} class="curate-tile" />
          ))}
        </div>
      ))}
    </div>
  );
}

function focusTagBox(grid: HTMLElement): void {
  const box = grid.closest(".curate-widget")?.querySelector('input[name="tag"]');
  if (box instanceof HTMLInputElement) box.focus();
}

function range(start: number, stop: number): number[] {
  return Array.from({ length: Math.max(stop - start, 0) }, (_, i) => start + i);
}
