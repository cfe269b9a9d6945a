import { expect, it } from "vitest";
import { apply, contains, count, covers, decode, NOTHING, type Operation, type Ranges } from "./ranges";

const ROWS = 40;
const EVERY = Array.from({ length: ROWS + 8 }, (_, i) => i - 1);

function rowsOf(ranges: Ranges): number[] {
  return ranges.flatMap(([start, stop]) => Array.from({ length: stop - start }, (_, i) => start + i));
}

/** A generator of numbers that gives the same ones in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

it("agrees with a set of rows, whatever happens", () => {
  const next = numbers(7);
  const operations: Operation[] = ["set", "add", "remove", "toggle", "add", "toggle"];
  let ranges: Ranges = NOTHING;
  let rows = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const operation = operations[next(operations.length)] as Operation;
    const start = next(ROWS);
    const stop = start + next(6);
    if (operation === "set") rows = new Set();
    for (let row = start; row < stop; row++) {
      if (operation === "remove" || (operation === "toggle" && rows.has(row))) rows.delete(row);
      else rows.add(row);
    }
    ranges = apply(ranges, operation, start, stop);
    expect(rowsOf(ranges)).toEqual([...rows].sort((a, b) => a - b));
    expect(count(ranges)).toBe(rows.size);
    const inside = EVERY.filter((row) => contains(ranges, row));
    expect(inside).toEqual(EVERY.filter((row) => rows.has(row)));
    const from = next(ROWS);
    const to = from + next(4);
    const every = Array.from({ length: to - from }, (_, i) => from + i).every((row) => rows.has(row));
    expect(covers(ranges, from, to)).toBe(every && to > from);
    // as few ranges as possible
    expect(
      ranges.every(([from], at) => at === 0 || (ranges[at - 1] as readonly [number, number])[1] < from),
    ).toBe(true);
  }
});

it("reads both encodings of the kernel", () => {
  const pairs = new Uint8Array(new Int32Array([2, 4, 9, 10]).buffer);
  expect(decode("ranges", pairs)).toEqual([
    [2, 4],
    [9, 10],
  ]);
  expect(decode("bitmap", new Uint8Array([0b1100_0001, 0b0000_0001]))).toEqual([
    [0, 1],
    [6, 9],
  ]);
  expect(decode("bitmap", new Uint8Array([0, 0b1000_0000]))).toEqual([[15, 16]]);
  expect(decode("ranges", new Uint8Array(0))).toEqual([]);
});

it("reads every bitmap, whole bytes too", () => {
  const next = numbers(23);
  for (let i = 0; i < 200; i++) {
    const bytes = Array.from({ length: next(12) }, () => [0, 255, next(256)][next(3)] as number);
    const rows = bytes.flatMap((byte, at) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte >> bit) & 1).map((bit) => 8 * at + bit),
    );
    expect(rowsOf(decode("bitmap", new Uint8Array(bytes)))).toEqual(rows);
  }
});

it("changes a hundred thousand ranges at once", () => {
  const many: Ranges = Array.from({ length: 100_000 }, (_, i) => [3 * i, 3 * i + 1] as const);
  const inverse = apply(many, "toggle", 0, 300_000);
  expect(inverse.length).toBe(100_000);
  expect(count(inverse)).toBe(200_000);
  expect(apply(inverse, "add", 0, 300_000)).toEqual([[0, 300_000]]);
});
