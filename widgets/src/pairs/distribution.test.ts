import { expect, it } from "vitest";
import { coarser, linePath, placeOf, stepOf } from "./distribution";

it("places a value between the edges, and never outside", () => {
  expect(placeOf(0.7, [0.4, 0.7, 1])).toBeCloseTo(0.5);
  expect(placeOf(0.1, [0.4, 1])).toBe(0);
  expect(placeOf(2, [0.4, 1])).toBe(1);
  expect(placeOf(0.5, [0.5, 0.5])).toBe(0);
});

it("adds bins up, and loses none", () => {
  expect(coarser([1, 2, 3, 4, 5], 2)).toEqual([6, 9]);
  expect(coarser([1, 2, 3], 8)).toEqual([1, 2, 3]);
  expect(coarser(Array(200).fill(1), 50)).toHaveLength(50);
});

it("draws a line over the bins by the square root, and none of nothing", () => {
  expect(linePath([0, 25, 100], 101)).toBe("M0 101.00H1V51.00H2V1.00H3");
  expect(linePath([0, 0], 101)).toBe("");
});

it("slides in thousandths, and finer between close ends", () => {
  expect([stepOf(0.8, 1), stepOf(0.99, 1)]).toEqual([0.001, 0.0001]);
});
