import { describe, expect, it } from "vitest";
import {
  layout,
  lineTop,
  MAX_HEIGHT,
  moved,
  nativeFor,
  nativeHeight,
  PADDING,
  revealed,
  scrolled,
  stuck,
  visibleLines,
} from "./arithmetic";

const VIEWPORT = 500;

describe("layout", () => {
  it("fills the width, and leaves no line out", () => {
    const grid = layout(100, 1000, 160, null);
    expect(grid.columns * grid.tileWidth + (grid.columns - 1) * grid.gap).toBeCloseTo(1000 - 2 * PADDING);
    expect(grid.lines).toBe(Math.ceil(100 / grid.columns));
    expect(lineTop(grid, grid.lines - 1) + grid.tileHeight + PADDING).toBe(grid.height);
  });

  it("takes the columns that it is told", () => {
    expect(layout(100, 600, 160, 3).columns).toBe(3);
    expect(layout(0, 600, 160, null).height).toBe(0);
    expect(layout(5, 10, 400, null).columns).toBe(1);
  });
});

describe("visibleLines", () => {
  const grid = layout(10_000, 1000, 160, null);

  it("covers the viewport and stays inside the grid", () => {
    for (const top of [0, 1, grid.pitch - 1, grid.pitch, 12_345, grid.height - VIEWPORT]) {
      const [first, last] = visibleLines(grid, top, VIEWPORT, 0);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(last).toBeLessThanOrEqual(grid.lines);
      expect(first === 0 || lineTop(grid, first) <= top).toBe(true);
      expect(last === grid.lines || lineTop(grid, last) >= top + VIEWPORT - grid.gap).toBe(true);
    }
  });
});

describe("moved and revealed", () => {
  const grid = layout(100, 1000, 160, 6);

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

  it("scrolls only as far as needed", () => {
    expect(revealed(grid, 0, 300, VIEWPORT)).toBe(0);
    expect(revealed(grid, 6, 0, VIEWPORT)).toBe(0);
    const top = revealed(grid, 99, 0, VIEWPORT);
    expect(top).toBe(grid.height - VIEWPORT);
  });
});

describe("scaled scrolling", () => {
  const height = layout(10_000_000, 1000, 160, 2).height;
  const end = height - VIEWPORT;
  const nativeEnd = MAX_HEIGHT - VIEWPORT;

  it("does nothing where the element is high enough", () => {
    expect(nativeHeight(5000)).toBe(5000);
    expect(scrolled({ native: 0, virtual: 0 }, 321, 5000, VIEWPORT)).toEqual({ native: 321, virtual: 321 });
  });

  it("maps the bar's ends to the grid's ends", () => {
    expect(scrolled({ native: 0, virtual: 0 }, nativeEnd, height, VIEWPORT).virtual).toBe(end);
    expect(scrolled({ native: nativeEnd, virtual: end }, 0, height, VIEWPORT).virtual).toBe(0);
  });

  it("moves by as much as the wheel does", () => {
    const virtual = end / 2;
    const native = nativeFor(virtual, height, VIEWPORT);
    expect(scrolled({ native, virtual }, native + 100, height, VIEWPORT).virtual).toBe(virtual + 100);
  });

  it("reaches both ends by the wheel alone", () => {
    for (const step of [-120, 120]) {
      let state = { native: nativeFor(end / 2, height, VIEWPORT), virtual: step < 0 ? 50_000 : end - 50_000 };
      for (let i = 0; i < 1000; i++) {
        const native = Math.min(Math.max(state.native + step, 0), nativeEnd);
        state = scrolled(state, native, height, VIEWPORT);
        if (stuck(state, height, VIEWPORT))
          state = { ...state, native: nativeFor(state.virtual, height, VIEWPORT) };
      }
      expect(state.virtual).toBe(step < 0 ? 0 : end);
    }
  });

  it("never stands at an end that the grid has not reached", () => {
    for (const virtual of [1, 100, end - 100, end - 1]) {
      const native = nativeFor(virtual, height, VIEWPORT);
      expect(native).toBeGreaterThan(0);
      expect(native).toBeLessThan(nativeEnd);
    }
  });
});
