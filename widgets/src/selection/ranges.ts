/** Rows as ascending, disjoint, non-touching ranges `[start, stop)`. Every function gives a new list. */
export type Ranges = readonly (readonly [number, number])[];

export const NOTHING: Ranges = [];

export type Operation = "set" | "add" | "remove" | "toggle";

/** `ranges` after an operation with `[start, stop)`; one walk through them, because there may be a hundred thousand. */
export function apply(ranges: Ranges, operation: Operation, start: number, stop: number): Ranges {
  if (stop <= start) return operation === "set" ? NOTHING : ranges;
  if (operation === "set") return [[start, stop]];
  const before = ranges.filter(([, to]) => to < start || (to === start && operation === "remove"));
  const after = ranges.filter(([from]) => from > stop || (from === stop && operation === "remove"));
  const between = ranges.slice(before.length, ranges.length - after.length);
  const [low, high] = [between[0]?.[0] ?? start, between.at(-1)?.[1] ?? stop];
  if (operation === "add") return [...before, [Math.min(low, start), Math.max(high, stop)], ...after];
  const middle = operation === "remove" ? removed(between, start, stop) : toggled(between, start, stop);
  return [...before, ...middle, ...after];
}

function removed(ranges: Ranges, start: number, stop: number): Ranges {
  return ranges.flatMap(([from, to]) => {
    const kept: [number, number][] = [];
    if (from < start) kept.push([from, Math.min(to, start)]);
    if (to > stop) kept.push([Math.max(from, stop), to]);
    return kept;
  });
}

/** Every row of `[start, stop)` the other way round: an edge at either end where there was none, and none where there was. */
function toggled(ranges: Ranges, start: number, stop: number): Ranges {
  const edges = [...ranges.flat(), start, stop].sort((a, b) => a - b);
  const kept: number[] = [];
  for (const edge of edges) {
    if (kept.at(-1) === edge) kept.pop();
    else kept.push(edge);
  }
  const found: [number, number][] = [];
  for (let i = 0; i + 1 < kept.length; i += 2) found.push([kept[i] as number, kept[i + 1] as number]);
  return found;
}

/** Whether `row` is in it; a binary search, because a selection may have thousands of ranges. */
export function contains(ranges: Ranges, row: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [start, stop] = ranges[middle] as readonly [number, number];
    if (row < start) high = middle - 1;
    else if (row >= stop) low = middle + 1;
    else return true;
  }
  return false;
}

/** Whether every row of `[start, stop)` is in it. */
export function covers(ranges: Ranges, start: number, stop: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ranges[middle] as readonly [number, number])[0] <= start) low = middle;
    else high = middle - 1;
  }
  const found = ranges[low];
  return found !== undefined && stop > start && found[0] <= start && found[1] >= stop;
}

export function count(ranges: Ranges): number {
  return ranges.reduce((sum, [start, stop]) => sum + stop - start, 0);
}

/** What the kernel sends: int32 pairs, or one bit a row with the lowest row first. */
export function decode(encoding: "ranges" | "bitmap", buffer: Uint8Array<ArrayBuffer>): Ranges {
  const found: [number, number][] = [];
  if (encoding === "ranges") {
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    for (let at = 0; at + 8 <= view.byteLength; at += 8) {
      found.push([view.getInt32(at, true), view.getInt32(at + 4, true)]);
    }
    return found;
  }
  let start = -1;
  const rows = buffer.length * 8;
  for (let row = 0; row <= rows; row++) {
    // Whole bytes of nothing, or of nothing but what is on already, are the most of a large view.
    if ((row & 7) === 0 && buffer[row >> 3] === (start < 0 ? 0 : 255)) {
      row += 7;
      continue;
    }
    const on = row < rows && (((buffer[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
    if (on && start < 0) start = row;
    if (!on && start >= 0) {
      found.push([start, row]);
      start = -1;
    }
  }
  return found;
}
