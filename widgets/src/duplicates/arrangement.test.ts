import { expect, it } from "vitest";
import { CAPTION, GAP, inWindow, LOWEST, tilingFor } from "./arrangement";

it("puts two beside each other where it is wide, and one over the other where it is high", () => {
  expect(tilingFor(2, { width: 1000, height: 400 }, 4 / 3)).toEqual({ columns: 2, width: 477 });
  expect(tilingFor(2, { width: 400, height: 900 }, 4 / 3).columns).toBe(1);
});

it("never leaves the box while everything fits", () => {
  for (let count = 1; count <= 24; count++) {
    const { columns, width } = tilingFor(count, { width: 900, height: 900 }, 1.5);
    const rows = Math.ceil(count / columns);
    expect(columns * width + (columns - 1) * GAP).toBeLessThanOrEqual(900);
    expect(rows * (width / 1.5 + CAPTION) + (rows - 1) * GAP).toBeLessThanOrEqual(901);
  }
});

it("scrolls rather than make pictures smaller than can be looked at", () => {
  const { columns, width } = tilingFor(24, { width: 500, height: 200 }, 1.5);
  expect(width).toBe(LOWEST * 1.5);
  expect(columns).toBe(3);
  expect(tilingFor(24, { width: 60, height: 200 }, 1.5)).toEqual({ columns: 1, width: 60 });
});

it("is nothing without a box", () => {
  expect(tilingFor(3, { width: 0, height: 0 }, 1.5).width).toBe(0);
});

it("sees a stretch of the rail, with some on either side and none outside", () => {
  expect(inWindow(0, 300, 60, 100)).toEqual([0, 7]);
  expect(inWindow(600, 300, 60, 100)).toEqual([8, 17]);
  expect(inWindow(5900, 300, 60, 100)).toEqual([96, 100]);
});
