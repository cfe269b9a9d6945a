import { describe, expect, it } from "vitest";
import {
  EDGE,
  extent,
  type Layout,
  layout,
  line,
  lineOf,
  moved,
  PADDING,
  revealed,
  rowsBetween,
  rowsOf,
  scrollOf,
  sectionAt,
  sectionOf,
  standing,
  TOP,
  visibleLines,
} from "./arithmetic";

const VIEWPORT = 500;

describe("layout", () => {
  it("fills the width, and leaves no line out", () => {
    const grid = layout(100, 1000, 160, null);
    expect(grid.columns * grid.tileWidth + (grid.columns - 1) * grid.gap).toBeCloseTo(1000 - 2 * PADDING);
    expect(grid.lines).toBe(Math.ceil(100 / grid.columns));
  });

  it("takes the columns that it is told", () => {
    expect(layout(100, 600, 160, 3).columns).toBe(3);
    expect(layout(0, 600, 160, null).height).toBe(0);
    expect(layout(5, 10, 400, null).columns).toBe(1);
  });
});

/** A generator of numbers that gives the same ones in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

/** Spans of random lengths, one after the other. */
function spans(next: (below: number) => number, most: number): { start: number; count: number }[] {
  const made = [];
  let start = 0;
  for (let i = 0; i < most; i++) {
    const count = 1 + next(30);
    made.push({ start, count });
    start += count;
  }
  return made;
}

/** Grids with and without sections. */
function* grids(): Generator<Layout> {
  const next = numbers(3);
  yield layout(10_000, 1000, 160, null);
  yield layout(1, 1000, 160, null);
  for (let i = 0; i < 10; i++) {
    const sections = spans(next, 1 + next(60));
    const count = sections.reduce((sum, section) => sum + section.count, 0);
    yield layout(count, 300 + next(1500), 64 + next(300), null, sections);
    yield layout(count, 300 + next(1500), 64 + next(300), null);
  }
}

describe("lines", () => {
  it("hold every row once, in order, and do not overlap", () => {
    for (const grid of grids()) {
      let row = 0;
      let bottom = 0;
      for (let i = 0; i < grid.lines; i++) {
        const found = line(grid, i);
        expect(found.top).toBeGreaterThanOrEqual(bottom);
        bottom = found.top + (found.header ? grid.header : grid.pitch);
        expect(found.start).toBe(row);
        expect(found.stop - found.start).toBeLessThanOrEqual(grid.columns);
        expect(found.header).toBe(found.stop === found.start);
        row = found.stop;
        const own = Array.from({ length: found.stop - found.start }, (_, at) => found.start + at);
        expect(own.every((at) => lineOf(grid, at).index === i && sectionOf(grid, at) === found.section)).toBe(
          true,
        );
      }
      expect(row).toBe(grid.count);
      expect(line(grid, grid.lines - 1).top + grid.tileHeight + EDGE).toBe(grid.height);
    }
  });

  it("of each section begin with its header", () => {
    const grid = layout(12, 1000, 160, 5, [
      { start: 0, count: 6 },
      { start: 6, count: 6 },
    ]);
    expect(Array.from({ length: grid.lines }, (_, i) => line(grid, i).header)).toEqual([
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
    expect(rowsOf(grid, 1)).toEqual([6, 12]);
    expect(extent(grid, 1)[1] + EDGE).toBe(grid.height);
    expect(sectionAt(grid, 0)).toBe(0);
    expect(sectionAt(grid, grid.height)).toBe(1);
  });

  it("are found as fast in 10,000 sections", () => {
    const sections = spans(numbers(5), 10_000);
    const count = sections.reduce((sum, section) => sum + section.count, 0);
    const grid = layout(count, 1000, 160, null, sections);
    const [first, last] = visibleLines(grid, grid.height / 2, VIEWPORT, 0);
    expect(last - first).toBeLessThan(20);
    expect(line(grid, first).top).toBeLessThanOrEqual(grid.height / 2);
  });
});

describe("visibleLines", () => {
  it("covers the viewport and stays inside the grid", () => {
    const next = numbers(11);
    for (const grid of grids()) {
      const end = Math.max(grid.height - VIEWPORT, 0);
      for (const top of [0, 1, grid.pitch - 1, grid.pitch, next(end + 1), end]) {
        const [first, last] = visibleLines(grid, top, VIEWPORT, 0);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(last).toBeLessThanOrEqual(grid.lines);
        expect(first === 0 || line(grid, first).top <= top).toBe(true);
        expect(last === grid.lines || line(grid, last).top >= top + VIEWPORT - 1).toBe(true);
        const [start, stop] = rowsBetween(grid, first, last);
        expect(stop).toBeLessThanOrEqual(grid.count);
        expect(start).toBeLessThanOrEqual(stop);
      }
    }
    expect(visibleLines(layout(0, 1000, 160, null), 0, VIEWPORT)).toEqual([0, 0]);
  });
});

describe("standing", () => {
  it("comes back to the same place, and keeps the first row on the screen in another layout", () => {
    const next = numbers(29);
    for (const grid of grids()) {
      for (let i = 0; i < 5; i++) {
        const top = next(Math.max(grid.height - VIEWPORT, 1));
        const there = standing(grid, top);
        if (top > grid.header + EDGE) expect(scrollOf(grid, there)).toBeCloseTo(top);
        const other = layout(grid.count, 300 + next(1500), 64 + next(300), null);
        const [first, last] = visibleLines(other, scrollOf(other, there), VIEWPORT, 1);
        const [start, stop] = rowsBetween(other, first, last);
        expect(start <= there.row && there.row < stop).toBe(true);
      }
    }
    expect(standing(layout(0, 1000, 160, null), 50)).toEqual(TOP);
    expect(scrollOf(layout(10, 1000, 160, null), { row: 500, into: 0.5 })).toBeGreaterThan(0);
  });
});

describe("moved and revealed", () => {
  const grid = layout(100, 1000, 160, 6);
  const KEYS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"];

  it("walks by one, by a line, by a page", () => {
    expect(moved(grid, 7, "ArrowLeft", VIEWPORT)).toBe(6);
    expect(moved(grid, 7, "ArrowDown", VIEWPORT)).toBe(13);
    expect(moved(grid, 7, "ArrowUp", VIEWPORT)).toBe(1);
    expect(moved(grid, 1, "ArrowUp", VIEWPORT)).toBe(1);
    expect(moved(grid, 0, "PageDown", VIEWPORT) % 6).toBe(0);
    expect(moved(grid, 50, "Home", VIEWPORT)).toBe(0);
    expect(moved(grid, 50, "End", VIEWPORT)).toBe(99);
  });

  it("reaches a short last line, and stops there", () => {
    expect(moved(grid, 95, "ArrowDown", VIEWPORT)).toBe(99);
    expect(moved(grid, 97, "ArrowDown", VIEWPORT)).toBe(97);
  });

  it("goes from section to section, in its column", () => {
    const grouped = layout(20, 1000, 160, 6, [
      { start: 0, count: 8 },
      { start: 8, count: 3 },
      { start: 11, count: 9 },
    ]);
    expect(moved(grouped, 7, "ArrowRight", VIEWPORT)).toBe(8);
    expect(moved(grouped, 6, "ArrowDown", VIEWPORT)).toBe(8);
    expect(moved(grouped, 9, "ArrowDown", VIEWPORT)).toBe(12);
    expect(moved(grouped, 16, "ArrowUp", VIEWPORT)).toBe(10);
    expect(moved(grouped, 10, "ArrowUp", VIEWPORT)).toBe(7);
    expect(moved(grouped, 0, "ArrowUp", VIEWPORT)).toBe(0);
    expect(moved(grouped, 18, "ArrowDown", VIEWPORT)).toBe(18);
    expect(moved(grouped, 0, "End", VIEWPORT)).toBe(19);
  });

  it("moves a page at least by a line, from end to end", () => {
    for (const any of grids()) {
      for (const [key, from, to] of [
        ["PageDown", 0, any.count - 1],
        ["PageUp", any.count - 1, 0],
      ] as const) {
        let row: number = from;
        for (let i = 0; i <= any.lines; i++) {
          const next = moved(any, row, key, VIEWPORT);
          if (next === row) break;
          row = next;
        }
        expect(lineOf(any, row).index).toBe(lineOf(any, to).index);
      }
    }
  });

  it("stays inside the grid, and shows the row that it went to below the header", () => {
    const next = numbers(17);
    for (const any of grids()) {
      let [row, top] = [0, 0];
      for (let i = 0; i < 60; i++) {
        row = moved(any, row, KEYS[next(KEYS.length)] as string, VIEWPORT);
        expect(row >= 0 && row < any.count).toBe(true);
        top = revealed(any, row, top, VIEWPORT);
        const { top: from } = lineOf(any, row);
        expect(from - any.header).toBeGreaterThanOrEqual(top);
        expect(from + any.tileHeight <= top + VIEWPORT || any.tileHeight + any.header > VIEWPORT).toBe(true);
      }
    }
  });

  it("scrolls only as far as needed", () => {
    expect(revealed(grid, 0, 300, VIEWPORT)).toBe(0);
    expect(revealed(grid, 6, 0, VIEWPORT)).toBe(0);
    const top = revealed(grid, 99, 0, VIEWPORT);
    expect(top).toBe(grid.height - VIEWPORT);
  });
});
