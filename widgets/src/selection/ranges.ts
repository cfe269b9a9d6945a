/** Rows as ascending, disjoint, non-touching ranges `[start, stop)`. Every function gives a new list. */
export type Ranges = readonly (readonly [number, number])[];

export const NOTHING: Ranges = [];

export type Operation = "set" | "add" | "remove" | "toggle";

/** `ranges` after an operation with `[start, stop)`. */
export function apply(ranges: Ranges, operation: Operation, start: number, stop: number): Ranges {
  if (operation === "set") return normal([[start, stop]]);
  if (stop <= start) return ranges;
  if (operation === "add") return normal([...ranges, [start, stop]]);
  const removed = remove(ranges, start, stop);
  return operation === "remove" ? removed : normal([...removed, ...gaps(ranges, start, stop)]);
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
  for (let row = 0; row <= buffer.length * 8; row++) {
    const on = row < buffer.length * 8 && (((buffer[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
    if (on && start < 0) start = row;
    if (!on && start >= 0) {
      found.push([start, row]);
      start = -1;
    }
  }
  return found;
}

function normal(ranges: Ranges): Ranges {
  const sorted = ranges.filter(([start, stop]) => stop > start).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [start, stop] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], stop);
    else merged.push([start, stop]);
  }
  return merged;
}

function remove(ranges: Ranges, start: number, stop: number): Ranges {
  return ranges.flatMap(([from, to]): (readonly [number, number])[] => {
    if (to <= start || from >= stop) return [[from, to]];
    const kept: [number, number][] = [];
    if (from < start) kept.push([from, start]);
    if (to > stop) kept.push([stop, to]);
    return kept;
  });
}

/** The parts of `[start, stop)` that are not in `ranges`. */
function gaps(ranges: Ranges, start: number, stop: number): Ranges {
  return ranges.reduce<Ranges>((left, [from, to]) => remove(left, from, to), [[start, stop]]);
}
