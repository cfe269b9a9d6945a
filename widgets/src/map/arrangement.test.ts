import { describe, expect, it } from "vitest";
import { Arrangement, INSIDE, MUTED, OUTSIDE, PICKED, type Scene, THIN_FROM } from "./arrangement";
import { fit } from "./camera";
import { IN_VIEW, SELECTED } from "./masks";

const size = { width: 400, height: 300 };
const camera = fit([0, 0, 4, 3], size);

function scene(count: number): Scene {
  return {
    xy: Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? (i * 7.31) % 4 : (i * 3.77) % 3)),
    codes: Uint16Array.from({ length: count }, (_, i) => i % 4),
    state: Uint8Array.from(
      { length: count },
      (_, i) => (i % 3 === 0 ? IN_VIEW : 0) | (i % 11 === 0 ? SELECTED : 0),
    ),
  };
}

function group(arrangement: Arrangement, which: number): number[] {
  const first = arrangement.counts.subarray(0, which).reduce((sum, count) => sum + count, 0);
  return [...arrangement.order.subarray(first, first + (arrangement.counts[which] ?? 0))];
}

describe("few points", () => {
  const points = scene(100);
  const arrangement = new Arrangement(points);

  it("are drawn all, what is in the view over the others, and the selection over all", () => {
    arrangement.regroup(null);
    expect(arrangement.thins).toBe(false);
    expect([...arrangement.counts]).toEqual([60, 0, 30, 10]);
    expect(group(arrangement, PICKED).every((i) => i % 11 === 0)).toBe(true);
    expect(group(arrangement, INSIDE).every((i) => i % 3 === 0 && i % 11 !== 0)).toBe(true);
    expect([...arrangement.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it("of one code are lifted out of the view", () => {
    arrangement.regroup(2);
    expect(group(arrangement, INSIDE).every((i) => i % 4 === 2)).toBe(true);
    expect(group(arrangement, MUTED).every((i) => i % 4 !== 2 && i % 3 === 0)).toBe(true);
  });
});

describe("many points", () => {
  const count = THIN_FROM + 40_000;
  const points = scene(count);
  const arrangement = new Arrangement(points);
  arrangement.regroup(null);
  arrangement.thin(camera, size, 2);
  const drawn = arrangement.counts.reduce((sum, value) => sum + value, 0);

  it("are drawn one a cell and group", () => {
    expect(arrangement.thins).toBe(true);
    const cells = new Set<string>();
    for (const which of [OUTSIDE, INSIDE, PICKED]) {
      for (const point of group(arrangement, which)) {
        const x = Math.floor(((points.xy[2 * point] ?? 0) * camera.scale * camera.stretch) / 2);
        const y = Math.floor(((points.xy[2 * point + 1] ?? 0) * camera.scale) / 2);
        cells.add(`${which} ${x} ${y}`);
      }
    }
    expect(cells.size).toBe(drawn);
    expect(drawn).toBeLessThan(count);
  });

  it("lose nobody: who is drawn stands for all that are there", () => {
    const stoodFor = [...arrangement.order.subarray(0, drawn)].reduce(
      (sum, point) => sum + (arrangement.crowd[point] ?? 0),
      0,
    );
    expect(stoodFor).toBe(count);
    expect(arrangement.crowding).toBeCloseTo(count / drawn);
  });

  it("keep their group", () => {
    expect(group(arrangement, PICKED).every((i) => i % 11 === 0)).toBe(true);
    expect(group(arrangement, OUTSIDE).every((i) => i % 3 !== 0 && i % 11 !== 0)).toBe(true);
  });

  it("are drawn the same while the map is moved by whole cells", () => {
    const before = new Set(arrangement.order.slice(0, drawn));
    arrangement.thin({ ...camera, x: camera.x + 20 / (camera.scale * camera.stretch) }, size, 2);
    const after = arrangement.order.subarray(
      0,
      arrangement.counts.reduce((sum, value) => sum + value, 0),
    );
    expect([...after].every((point) => before.has(point))).toBe(true);
  });

  it("out of sight, or without a place yet, are not drawn", () => {
    const away = { ...camera, x: 1000, y: 1000 };
    arrangement.thin(away, size, 2);
    expect([...arrangement.counts]).toEqual([0, 0, 0, 0]);
    const waiting = { ...points, xy: new Float32Array(2 * count).fill(Number.NaN) };
    const empty = new Arrangement(waiting);
    empty.regroup(null);
    empty.thin(camera, size, 2);
    expect([...empty.counts]).toEqual([0, 0, 0, 0]);
  });
});
