import { expect, it } from "vitest";
import { IN_VIEW } from "./masks";
import { PickingGrid } from "./picking";

function scattered(count: number): Float32Array {
  let seed = 7;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  // Most of them in one corner, so that cells are very unequal.
  return Float32Array.from({ length: 2 * count }, () => 40 * random() ** 3 - 5);
}

it("finds the same point as a look at all of them", () => {
  const xy = scattered(5000);
  const state = Uint8Array.from({ length: 5000 }, (_, i) => (i % 5 === 0 ? IN_VIEW : 0));
  const grid = new PickingGrid(xy);
  for (let i = 0; i < 300; i++) {
    const [x, y, radius] = [(i * 13) % 36, (i * 29) % 37, 0.1 + (i % 7) / 3];
    let wanted = -1;
    let nearest = Number.POSITIVE_INFINITY;
    for (const wantsView of [true, false]) {
      for (let point = 0; point < 5000 && !(wanted >= 0 && !wantsView && state[wanted]); point++) {
        if ((state[point] === IN_VIEW) !== wantsView) continue;
        const distance = Math.hypot((xy[2 * point] ?? 0) - x, (xy[2 * point + 1] ?? 0) - y);
        if (distance <= radius && distance < nearest) [wanted, nearest] = [point, distance];
      }
    }
    expect(grid.nearest(x, y, radius, state)).toBe(wanted);
  }
});

it("prefers a point in the view to a nearer one outside", () => {
  const grid = new PickingGrid(new Float32Array([0, 0, 1, 0]));
  expect(grid.nearest(0.1, 0, 2, new Uint8Array([0, IN_VIEW]))).toBe(1);
  expect(grid.nearest(0.1, 0, 2, new Uint8Array([0, 0]))).toBe(0);
});

it("finds nothing where nothing is", () => {
  const grid = new PickingGrid(new Float32Array([0, 0, 1, 1]));
  expect(grid.nearest(0.5, 0.5, 0.1, new Uint8Array(2))).toBe(-1);
  expect(grid.nearest(500, -500, 1, new Uint8Array(2))).toBe(-1);
  expect(new PickingGrid(new Float32Array(0)).nearest(0, 0, 1, new Uint8Array(0))).toBe(-1);
});

it("takes points that all lie in one place", () => {
  const grid = new PickingGrid(new Float32Array([3, 3, 3, 3, 3, 3]));
  expect(grid.nearest(3, 3, 0.01, new Uint8Array([0, 0, IN_VIEW]))).toBe(2);
});

it("measures distances as they are on the canvas", () => {
  const grid = new PickingGrid(new Float32Array([1, 0, 0, 1.5]));
  const state = new Uint8Array(2);
  expect(grid.nearest(0, 0, 2, state)).toBe(0);
  expect(grid.nearest(0, 0, 2, state, 1.8)).toBe(1);
  expect(grid.nearest(0, 0, 1.7, state, 1.8)).toBe(1);
});
