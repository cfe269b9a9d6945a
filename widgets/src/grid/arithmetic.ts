/** The geometry of a grid of equal tiles, as plain numbers: no element is measured here. Units are CSS pixels. */

/** Rows `start` up to `start + count` that stand together under one header. */
export interface Span {
  start: number;
  count: number;
}

/**
 * Where everything stands. A grid is made of sections, a section of lines: its header, where the grid is grouped, and
 * its lines of tiles. Lines are counted through the whole grid. The three lists have one entry a section and one for the end.
 */
export interface Layout {
  count: number;
  columns: number;
  tileWidth: number;
  tileHeight: number;
  gap: number;
  /** From the top of one line of tiles to the top of the next. */
  pitch: number;
  /** Height of a section's header with the gap below it; 0 where the grid is not grouped. */
  header: number;
  /** First row of each section. */
  starts: Float64Array;
  /** First line of each section. */
  firsts: Float64Array;
  /** Top of each section. */
  tops: Float64Array;
  lines: number;
  height: number;
}

/** One line of a grid: the rows `[start, stop)`, or none where it is the header of its section. */
export interface Line {
  index: number;
  section: number;
  header: boolean;
  top: number;
  start: number;
  stop: number;
}

export const GAP = 8;
/** Room at both sides. */
export const PADDING = 12;
/** Room at the top and at the bottom. */
export const EDGE = 6;
export const ASPECT = 4 / 3;
export const HEADER = 34;
/** Room below a section, before the header of the next. */
export const SECTION_GAP = 12;

/** Spans have to follow each other from row 0 to `count`; without any the grid is one section without a header. */
export function layout(
  count: number,
  width: number,
  size: number,
  columns: number | null,
  spans: readonly Span[] = [],
): Layout {
  const room = Math.max(width - 2 * PADDING, 1);
  const fitting = Math.max(1, Math.round((room + GAP) / (size + GAP)));
  const across = columns ?? fitting;
  const tileWidth = Math.max((room - GAP * (across - 1)) / across, 8);
  const tileHeight = Math.round(tileWidth / ASPECT);
  const pitch = tileHeight + GAP;
  const grouped = spans.length > 0;
  const header = grouped ? HEADER : 0;
  const sections = grouped ? spans : count > 0 ? [{ start: 0, count }] : [];
  const starts = new Float64Array(sections.length + 1);
  const firsts = new Float64Array(sections.length + 1);
  const tops = new Float64Array(sections.length + 1);
  let line = 0;
  let top = EDGE;
  for (const [i, section] of sections.entries()) {
    const lines = Math.ceil(section.count / across);
    starts[i] = section.start;
    firsts[i] = line;
    tops[i] = top;
    line += lines + (grouped ? 1 : 0);
    top += header + lines * pitch + (grouped ? SECTION_GAP : 0);
  }
  const last = sections.length;
  starts[last] = count;
  firsts[last] = line;
  tops[last] = top;
  const height = line === 0 ? 0 : top - (grouped ? SECTION_GAP : 0) - GAP + EDGE;
  return {
    count,
    columns: across,
    tileWidth,
    tileHeight,
    gap: GAP,
    pitch,
    header,
    starts,
    firsts,
    tops,
    lines: line,
    height,
  };
}

/** The last entry of an ascending list that is not past `value`, the end of the list left out. */
function lastNotPast(list: Float64Array, value: number): number {
  let low = 0;
  let high = Math.max(list.length - 2, 0);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((list[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The section of a row. */
export function sectionOf(grid: Layout, row: number): number {
  return lastNotPast(grid.starts, row);
}

/** The section that is at a height. */
export function sectionAt(grid: Layout, y: number): number {
  return lastNotPast(grid.tops, y);
}

/** The rows `[start, stop)` of a section. */
export function rowsOf(grid: Layout, section: number): [number, number] {
  return [grid.starts[section] ?? 0, grid.starts[section + 1] ?? 0];
}

/** From where to where a section goes, the room below it left out. */
export function extent(grid: Layout, section: number): [number, number] {
  const below = grid.header > 0 ? SECTION_GAP + GAP : GAP;
  return [grid.tops[section] ?? 0, (grid.tops[section + 1] ?? 0) - below];
}

export function line(grid: Layout, index: number): Line {
  const section = lastNotPast(grid.firsts, index);
  const first = grid.firsts[section] as number;
  const grouped = grid.header > 0;
  const [start, stop] = rowsOf(grid, section);
  const sectionTop = grid.tops[section] as number;
  if (grouped && index === first)
    return { index, section, header: true, top: sectionTop, start, stop: start };
  const nth = index - first - (grouped ? 1 : 0);
  const from = start + nth * grid.columns;
  return {
    index,
    section,
    header: false,
    top: sectionTop + grid.header + nth * grid.pitch,
    start: from,
    stop: Math.min(from + grid.columns, stop),
  };
}

/** The line that a row stands in. */
export function lineOf(grid: Layout, row: number): Line {
  const section = sectionOf(grid, row);
  const nth = Math.floor((row - (grid.starts[section] as number)) / grid.columns);
  return line(grid, (grid.firsts[section] as number) + (grid.header > 0 ? 1 : 0) + nth);
}

/** The line at a height: the last whose top is not below it. */
function lineAt(grid: Layout, y: number): number {
  const section = sectionAt(grid, y);
  const inside = y - (grid.tops[section] as number) - grid.header;
  const first = grid.firsts[section] as number;
  const end = grid.firsts[section + 1] as number;
  if (grid.header > 0)
    return inside < 0 ? first : Math.min(first + 1 + Math.floor(inside / grid.pitch), end - 1);
  return clamp(first + Math.floor(inside / grid.pitch), first, end - 1);
}

/** Lines `[first, last)` that are on the screen, with `overscan` more on both sides. */
export function visibleLines(grid: Layout, top: number, viewport: number, overscan = 1): [number, number] {
  if (grid.lines === 0) return [0, 0];
  const first = lineAt(grid, top) - overscan;
  const last = lineAt(grid, top + viewport - 1) + 1 + overscan;
  return [clamp(first, 0, grid.lines), clamp(last, 0, grid.lines)];
}

/** The rows `[start, stop)` of lines `[first, last)`. */
export function rowsBetween(grid: Layout, first: number, last: number): [number, number] {
  if (last <= first) return [0, 0];
  return [line(grid, first).start, line(grid, last - 1).stop];
}

/** Where a grid is scrolled to, in terms that outlive its layout: the first row on the screen, and lines from its top. */
export interface Standing {
  row: number;
  into: number;
}

export const TOP: Standing = { row: 0, into: 0 };

export function standing(grid: Layout, top: number): Standing {
  if (grid.lines === 0 || top <= 0) return TOP;
  const row = line(grid, lineAt(grid, top)).start;
  return { row, into: (top - lineOf(grid, row).top) / grid.pitch };
}

/** Where to scroll to in order to stand there. */
export function scrollOf(grid: Layout, { row, into }: Standing): number {
  if (grid.lines === 0 || (row === 0 && into <= 0)) return 0;
  return lineOf(grid, Math.min(row, grid.count - 1)).top + into * grid.pitch;
}

/** Where to scroll to so that `row` is whole on the screen, below the header that sticks; `top` where it is already. */
export function revealed(grid: Layout, row: number, top: number, viewport: number): number {
  if (grid.lines === 0) return 0;
  const { top: from } = lineOf(grid, row);
  const above = grid.header > 0 ? grid.header : EDGE;
  if (from - above < top) return Math.max(row === 0 ? 0 : from - above, 0);
  const to = from + grid.tileHeight + EDGE;
  return to > top + viewport ? to - viewport : top;
}

/** The row that the keyboard goes to, inside the grid. */
export function moved(grid: Layout, row: number, key: string, viewport: number): number {
  const last = Math.max(grid.count - 1, 0);
  switch (key) {
    case "ArrowLeft":
      return clamp(row - 1, 0, last);
    case "ArrowRight":
      return clamp(row + 1, 0, last);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return grid.count === 0 ? 0 : movedUpright(grid, row, key, viewport);
  }
}

/** Up and down stay in their column, and reach lines that are too short for it at their end. */
function movedUpright(grid: Layout, row: number, key: string, viewport: number): number {
  const here = lineOf(grid, row);
  let target = here;
  if (key === "ArrowUp" || key === "ArrowDown") {
    target = tilesNear(grid, here.index + (key === "ArrowUp" ? -1 : 1), key === "ArrowUp" ? -1 : 1) ?? here;
  } else {
    const page = Math.max(1, Math.floor((viewport - grid.header) / grid.pitch)) * grid.pitch;
    const way = key === "PageUp" ? -1 : 1;
    const index = lineAt(grid, here.top + way * page);
    // A page is at least one line, and a header is no place to be.
    target =
      tilesNear(grid, way < 0 ? Math.min(index, here.index - 1) : Math.max(index, here.index + 1), way) ??
      tilesNear(grid, way < 0 ? 0 : grid.lines - 1, -way as 1 | -1) ??
      here;
  }
  if (target.index === here.index) return row;
  return Math.min(target.start + (row - here.start), target.stop - 1);
}

/** The first line of tiles from `index` on, in a direction. */
function tilesNear(grid: Layout, index: number, way: 1 | -1): Line | undefined {
  for (let at = index; at >= 0 && at < grid.lines; at += way) {
    const found = line(grid, at);
    if (!found.header) return found;
  }
  return undefined;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
