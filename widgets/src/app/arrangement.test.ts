import { expect, it } from "vitest";
import { LOWEST, MIDDLE, sharedBy, shareOf, sizeOf, WIDE } from "./arrangement";

it("has three columns only where there is room for them", () => {
  expect([WIDE, WIDE - 1, MIDDLE, MIDDLE - 1, 0].map(sizeOf)).toEqual([
    "wide",
    "middle",
    "middle",
    "narrow",
    "narrow",
  ]);
});

it("leaves room for the map and for the grid, wherever the line is dragged", () => {
  for (const height of [240, 400, 900, 2000]) {
    for (const at of [-100, 0, 50, 200, height, 3 * height]) {
      const map = shareOf(at, height) * height;
      expect(map).toBeGreaterThanOrEqual(LOWEST - 1e-9);
      expect(height - map).toBeGreaterThanOrEqual(LOWEST - 1e-9);
    }
  }
  expect(shareOf(500, 100)).toBe(0.5);
});

it("moves the line by keys, as far as it goes", () => {
  expect(sharedBy("ArrowDown", 0.5, 800)).toBeCloseTo(0.53);
  expect(sharedBy("PageUp", 0.5, 800)).toBeCloseTo(0.35);
  expect(sharedBy("Home", 0.5, 800)).toBeCloseTo(LOWEST / 800);
  expect(sharedBy("End", 0.5, 800)).toBeCloseTo(1 - LOWEST / 800);
  expect(sharedBy("a", 0.5, 800)).toBeNull();
});
