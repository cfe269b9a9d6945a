import { expect, it } from "vitest";
import { type Box, between, fit, limit, MARGINS, pan, sight, toMap, toScreen, zoom } from "./camera";

const size = { width: 800, height: 500 };
const box: Box = [-3, 2, 9, 6];
const whole = fit(box, size);

it("fits a box between the margins", () => {
  const [left, bottom] = toScreen(whole, size, [box[0], box[1]]);
  const [right, top] = toScreen(whole, size, [box[2], box[3]]);
  expect(left).toBeCloseTo(MARGINS.left);
  expect(right).toBeCloseTo(size.width - MARGINS.right);
  // It is wider than the canvas, and stretched a little to fill it.
  expect(top).toBeCloseTo(MARGINS.top);
  expect(bottom).toBeCloseTo(size.height - MARGINS.bottom);
  expect(whole.stretch).toBeLessThan(1);
});

it("does not stretch beyond recognition", () => {
  const wide = { width: 2000, height: 260 };
  const camera = fit([0, 0, 1, 1], wide);
  expect(camera.stretch).toBe(1.8);
  const [left, top] = toScreen(camera, wide, [0, 1]);
  const [right] = toScreen(camera, wide, [1, 1]);
  expect(top).toBeCloseTo(MARGINS.top);
  // What is left over is shared between the sides.
  expect(left - MARGINS.left).toBeCloseTo(wide.width - MARGINS.right - right);
  expect(fit([0, 0, 2, 1], wide, 1.5).stretch).toBe(1.5);
});

it("fits a single place, and a canvas smaller than the margins", () => {
  expect(Number.isFinite(fit([1, 1, 1, 1], size).scale)).toBe(true);
  expect(fit(box, { width: 10, height: 10 }).scale).toBeGreaterThan(0);
});

it("finds its way from the map to the canvas and back", () => {
  for (const place of [
    [0, 0],
    [-3, 6],
    [8.25, 2.5],
  ] as const) {
    const [x, y] = toMap(whole, size, toScreen(whole, size, place));
    expect(x).toBeCloseTo(place[0], 9);
    expect(y).toBeCloseTo(place[1], 9);
  }
});

it("keeps what is under the pointer when zooming", () => {
  const before = toMap(whole, size, [120, 333]);
  const closer = zoom(whole, size, 3.7, [120, 333]);
  expect(closer.scale).toBeCloseTo(whole.scale * 3.7);
  const after = toMap(closer, size, [120, 333]);
  expect(after[0]).toBeCloseTo(before[0], 9);
  expect(after[1]).toBeCloseTo(before[1], 9);
});

it("follows a drag", () => {
  const [x, y] = toScreen(pan(whole, 30, -12), size, toMap(whole, size, [100, 100]));
  expect(x).toBeCloseTo(130);
  expect(y).toBeCloseTo(88);
});

it("comes no closer than a thousand times, and does not lose the map", () => {
  expect(limit(zoom(whole, size, 1e9, [0, 0]), whole, size).scale).toBeCloseTo(whole.scale * 1000);
  expect(limit(zoom(whole, size, 1e-9, [0, 0]), whole, size).scale).toBeCloseTo(whole.scale / 2);
  const lost = limit(pan(whole, 1e6, 1e6), whole, size);
  const [x, y] = toScreen(whole, size, [lost.x, lost.y]);
  expect(x).toBeCloseTo(0);
  expect(y).toBeCloseTo(0);
});

it("sees what is between the corners of the canvas", () => {
  const [left, bottom, right, top] = sight(whole, size);
  expect(toScreen(whole, size, [left, top])).toEqual([expect.closeTo(0), expect.closeTo(0)]);
  expect(toScreen(whole, size, [right, bottom])).toEqual([expect.closeTo(800), expect.closeTo(500)]);
});

it("flies from one camera to another, and what both see stays between", () => {
  const there = zoom(whole, size, 8, [600, 100]);
  expect(between(whole, there, 0).x).toBeCloseTo(whole.x);
  expect(between(whole, there, 1)).toBe(there);
  const place = toMap(whole, size, [600, 100]);
  // Zooming around a pixel keeps it in place at every moment of the flight.
  for (const share of [0.25, 0.5, 0.75]) {
    const [x, y] = toScreen(between(whole, there, share), size, place);
    expect(x).toBeCloseTo(600, 6);
    expect(y).toBeCloseTo(100, 6);
  }
  const beside = pan(whole, 50, 0);
  expect(between(whole, beside, 0.5).x).toBeCloseTo((whole.x + beside.x) / 2);
});
