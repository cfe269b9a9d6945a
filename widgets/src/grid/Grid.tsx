import type { TargetedDragEvent, TargetedMouseEvent } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { FailureNotice } from "../notice/Notice";
import { SAMPLE_TYPE } from "../search/slice";
import { contains, covers } from "../selection/ranges";
import type { Store } from "../store/store";
import {
  extent,
  type Layout,
  type Line,
  layout,
  line,
  revealed,
  rowsBetween,
  rowsOf,
  scrollOf,
  sectionAt,
  standing,
  visibleLines,
} from "./arithmetic";
import { follow, keyed } from "./keys";
import { SectionHeader, StuckHeader } from "./SectionHeader";
import { nativeFor, nativeHeight, type Scroll, scrolled, stuck } from "./scaling";
import { TileCell } from "./TileCell";
import "./grid.css";

const SETTLE_MS = 150;

/** The tiles that are on the screen, out of as many as there are. */
export function Grid({ store }: { store: Store }) {
  const { grid: slice, selection, core, inspector } = store;
  const scroller = useRef<HTMLDivElement>(null);
  const scroll = useRef<Scroll>({ native: 0, virtual: 0 });
  const downwards = useRef(true);
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [box, setBox] = useState({ width: 0, height: 0 });
  const [hovered, setHovered] = useState(-1);
  const [, redraw] = useState(0);
  const shown = slice.shown.value;
  const count = shown?.count ?? 0;
  const groups = shown?.groups ?? [];
  const size = slice.size.value;
  const columns = slice.columns.value;
  const grid = useMemo(
    () => layout(count, box.width, size, columns, groups),
    [count, box.width, size, columns, groups],
  );
  const ranges = selection.ranges.value;
  const active = slice.active.value;
  // Reading it is what draws the tiles again when some arrive.
  void slice.arrived.value;

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
      slice.hide();
    };
  }, []);

  const scrollTo = (virtual: number) => {
    const top = Math.min(Math.max(virtual, 0), Math.max(grid.height - box.height, 0));
    const native = Math.round(nativeFor(top, grid.height, box.height));
    scroll.current = { native, virtual: grid.height === nativeHeight(grid.height) ? native : top };
    if (scroller.current) scroller.current.scrollTop = native;
    redraw((n) => n + 1);
  };

  /** Whether the element has been scrolled; the browser tells that only with its next frame. */
  const moved = () => {
    const native = scroller.current?.scrollTop ?? 0;
    if (native === scroll.current.native) return false;
    const was = scroll.current.virtual;
    scroll.current = scrolled(scroll.current, native, grid.height, box.height);
    downwards.current = scroll.current.virtual >= was;
    return true;
  };

  const reveal = (row: number) => {
    const elsewhere = moved();
    const top = revealed(grid, row, scroll.current.virtual, box.height);
    if (top !== scroll.current.virtual) scrollTo(top);
    else if (elsewhere) redraw((n) => n + 1);
  };

  // Other rows begin where somebody wants to look; for the same rows in another size, what was on top stays there.
  const before = useRef<{ grid: Layout; order: number } | null>(null);
  const wanted = slice.revealed.value;
  useLayoutEffect(() => {
    const was = before.current;
    if (shown === null || box.width === 0 || count === 0) return;
    before.current = { grid, order: shown.order };
    const reveals = wanted.times !== slice.timesRevealed;
    slice.timesRevealed = wanted.times;
    if (was === null || (reveals && wanted.toTop)) scrollTo(scrollOf(grid, slice.top));
    else if (was.order === shown.order && was.grid.lines > 0 && was.grid !== grid) {
      scrollTo(scrollOf(grid, standing(was.grid, scroll.current.virtual)));
    }
    if (reveals && !wanted.toTop) reveal(wanted.row);
  }, [grid, wanted.times, shown?.order, box.width > 0]);

  const { virtual } = scroll.current;
  const seen = rowsBetween(grid, ...visibleLines(grid, virtual, box.height, 0));
  const above = downwards.current ? 0.25 : 1;
  const from = Math.max(virtual - above * box.height, 0);
  const around = rowsBetween(grid, ...visibleLines(grid, from, (2.25 * box.height) | 0, 0));
  useLayoutEffect(() => {
    // It has just been scrolled elsewhere, and is about to be drawn again.
    if (virtual !== scroll.current.virtual) return;
    if (box.width > 0 && count > 0) slice.show(seen, around, standing(grid, virtual));
  }, [virtual, ...seen, ...around, virtual === scroll.current.virtual, shown?.order, box.width > 0]);

  const onScroll = () => {
    if (!moved()) return;
    if (stuck(scroll.current, grid.height, box.height)) scrollTo(scroll.current.virtual);
    redraw((n) => n + 1);
    clearTimeout(settle.current);
    settle.current = setTimeout(() => {
      if (grid.height !== nativeHeight(grid.height)) scrollTo(scroll.current.virtual);
    }, SETTLE_MS);
  };

  const rowAt = (event: Event): number => {
    const cell = event.target instanceof Element ? event.target.closest("[data-row]") : null;
    return cell instanceof HTMLElement ? Number(cell.dataset.row) : -1;
  };

  const onClick = (event: TargetedMouseEvent<HTMLDivElement>) => {
    const row = rowAt(event);
    const tile = slice.tile(row);
    // The second click of a double click picks nothing, and neither does one on a sample that nobody has seen yet.
    if (tile === undefined || event.detail > 1 || !slice.settled) return;
    const button = event.target instanceof Element ? event.target.closest("[data-act]") : null;
    const act = button instanceof HTMLElement ? button.dataset.act : undefined;
    if (act === "similar") slice.nearest(tile);
    else if (act === "inspect") inspector.open(tile.sample_id, { row });
    else {
      const toggle = event.ctrlKey || event.metaKey || act === "check";
      selection.pick(row, { extend: event.shiftKey, toggle });
      follow(store, row);
    }
    // The keyboard goes on from here: a button that has gone would take the focus with it.
    if (act !== undefined) scroller.current?.focus({ preventScroll: true });
  };

  const onDoubleClick = (event: TargetedMouseEvent<HTMLDivElement>) => {
    const row = rowAt(event);
    const tile = slice.tile(row);
    if (tile === undefined || event.shiftKey || event.ctrlKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest("[data-act]")) return;
    selection.takeBackPick();
    inspector.open(tile.sample_id, { row, large: true });
  };

  const onDragStart = (event: TargetedDragEvent<HTMLDivElement>) => {
    const tile = slice.tile(rowAt(event));
    if (tile === undefined || event.dataTransfer === null) return;
    event.dataTransfer.setData(SAMPLE_TYPE, tile.sample_id);
    event.dataTransfer.setData("text/plain", tile.name);
    event.dataTransfer.effectAllowed = "copy";
  };

  const cellId = (row: number) => `tile-${core.rpc.client}-${row}`;
  const offset = scroll.current.native - virtual;
  const [first, last] = visibleLines(grid, virtual, box.height);
  const [firstRow, lastRow] = rowsBetween(grid, first, last);
  const sections = new Map<number, Line[]>();
  for (let index = first; index < last; index++) {
    const found = line(grid, index);
    sections.set(found.section, [...(sections.get(found.section) ?? []), found]);
  }
  const grouped = grid.header > 0;
  const failure = slice.failure.value;
  const { badges, cropped } = slice;
  const palette = slice.shapes ? slice.palette : null;

  const renderLine = (found: Line) => {
    const place = { transform: `translateY(${found.top + offset}px)` };
    const group = groups[found.section];
    if (found.header && group !== undefined) {
      const [start, stop] = rowsOf(grid, found.section);
      return (
        <SectionHeader
          key="header"
          index={found.index}
          columns={grid.columns}
          group={group}
          all={covers(ranges, start, stop)}
          style={place}
          select={(all) => selection.change(all ? "add" : "remove", start, stop)}
        />
      );
    }
    return (
      <div
        key={found.index}
        role="row"
        aria-rowindex={found.index + 1}
        class="curate-line"
        style={{
          ...place,
          height: `${grid.tileHeight}px`,
          gridTemplateColumns: `repeat(${grid.columns}, ${grid.tileWidth}px)`,
        }}
      >
        {range(found.start, found.stop).map((row) => (
          <TileCell
            key={row}
            id={cellId(row)}
            row={row}
            column={row - found.start}
            tile={slice.tiles.get(row)}
            width={grid.tileWidth}
            height={grid.tileHeight}
            selected={contains(ranges, row)}
            active={row === active}
            tools={row === hovered || row === active}
            badges={badges}
            cropped={cropped}
            palette={palette}
          />
        ))}
      </div>
    );
  };

  const top = grouped && grid.lines > 0 ? sectionAt(grid, virtual) : -1;
  const topGroup = groups[top];

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
        aria-busy={shown === null || core.busy.value}
        aria-activedescendant={active >= firstRow && active < lastRow ? cellId(active) : undefined}
        onScroll={onScroll}
        onKeyDown={(event) => keyed(event, store, grid, box.height)}
        onClick={onClick}
        onDblClick={onDoubleClick}
        onDragStart={onDragStart}
        onPointerOver={(event) => setHovered(event.pointerType === "touch" ? -1 : rowAt(event))}
        onPointerLeave={() => setHovered(-1)}
      >
        {shown === null && <Skeleton width={box.width} size={size} columns={columns} />}
        {topGroup && (
          <StuckHeader
            group={topGroup}
            // The next section pushes it out.
            lift={Math.min(extent(grid, top)[1] - grid.header - virtual, 0)}
            hidden={virtual <= (grid.tops[top] ?? 0)}
            all={covers(ranges, ...rowsOf(grid, top))}
            select={(all) => selection.change(all ? "add" : "remove", ...rowsOf(grid, top))}
          />
        )}
        <div role="presentation" class="curate-sizer" style={{ height: `${nativeHeight(grid.height)}px` }}>
          {[...sections].map(([section, lines]) =>
            grouped ? (
              <div key={section} role="rowgroup">
                {lines.map(renderLine)}
              </div>
            ) : (
              lines.map(renderLine)
            ),
          )}
        </div>
      </div>
      {failure && (
        <div class="curate-page-failure">
          <FailureNotice
            failure={failure}
            retry={() => slice.retry()}
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
      {range(0, Math.min(grid.lines, 8)).map((index) => (
        <div
          key={index}
          class="curate-line"
          style={{
            transform: `translateY(${line(grid, index).top}px)`,
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

function range(start: number, stop: number): number[] {
  return Array.from({ length: Math.max(stop - start, 0) }, (_, i) => start + i);
}
