import { describe, expect, it } from "vitest";
import { fit, frameOf, isFit, panned, resized, toggled, wheelFactor, type Zoom, zoomedAt } from "./zoom";

const PICTURE = { width: 400, height: 300 };
const BOX = { width: 800, height: 800 };
const LARGE = { width: 4000, height: 2000 };

/** Which pixel of the picture is at a point of the box. */
const under = (zoom: Zoom, x: number, y: number) => [(x - zoom.x) / zoom.scale, (y - zoom.y) / zoom.scale];

describe("a picture that fits", () => {
  it("is as large as the box takes it, and in the middle", () => {
    expect(fit(PICTURE, BOX)).toEqual({ scale: 2, x: 0, y: 100 });
    expect(frameOf(fit(PICTURE, BOX), PICTURE)).toEqual({ left: 0, top: 100, width: 800, height: 600 });
    expect(fit(LARGE, BOX)).toEqual({ scale: 0.2, x: 0, y: 200 });
  });

  it("of no size, or in no box, does not become NaN", () => {
    for (const zoom of [fit({ width: 0, height: 0 }, BOX), fit(PICTURE, { width: 0, height: 0 })]) {
      expect(Object.values(zoom).every(Number.isFinite)).toBe(true);
    }
  });
});

describe("zooming", () => {
  it("keeps the pixel under the pointer there", () => {
    const zoom = zoomedAt(fit(LARGE, BOX), 4, { x: 300, y: 350 }, LARGE, BOX);
    expect(zoom.scale).toBeCloseTo(0.8);
    const before = under(fit(LARGE, BOX), 300, 350);
    const after = under(zoom, 300, 350);
    expect(after[0]).toBeCloseTo(before[0] as number);
    expect(after[1]).toBeCloseTo(before[1] as number);
  });

  it("in and out again comes back", () => {
    const begin = fit(PICTURE, BOX);
    const middle = { x: 400, y: 400 };
    const back = zoomedAt(zoomedAt(begin, 3, middle, PICTURE, BOX), 1 / 3, middle, PICTURE, BOX);
    expect(back.scale).toBeCloseTo(begin.scale);
    expect(back.x).toBeCloseTo(begin.x);
    expect(back.y).toBeCloseTo(begin.y);
  });

  it("ends at the smallest and the largest size", () => {
    const point = { x: 10, y: 10 };
    expect(zoomedAt(fit(LARGE, BOX), 0.001, point, LARGE, BOX).scale).toBeCloseTo(0.2);
    expect(zoomedAt(fit(LARGE, BOX), 1e9, point, LARGE, BOX).scale).toBe(8);
    expect(zoomedAt(fit(PICTURE, BOX), 0.001, point, PICTURE, BOX).scale).toBe(1);
    expect(zoomedAt(fit(PICTURE, BOX), 1e9, point, PICTURE, BOX).scale).toBe(16);
  });

  it("by a double click goes to one to one and back", () => {
    const near = toggled(fit(LARGE, BOX), { x: 0, y: 400 }, LARGE, BOX);
    expect(near).toEqual({ scale: 1, x: 0, y: -600 });
    expect(toggled(near, { x: 700, y: 700 }, LARGE, BOX)).toEqual(fit(LARGE, BOX));
    expect(toggled(fit(PICTURE, BOX), { x: 400, y: 400 }, PICTURE, BOX).scale).toBe(4);
  });

  it("by a wheel is even, whatever the wheel counts in", () => {
    expect(wheelFactor(-100, 0) * wheelFactor(100, 0)).toBeCloseTo(1);
    expect(wheelFactor(-3, 1)).toBeGreaterThan(1.1);
    expect(wheelFactor(-1e9, 2)).toBeLessThan(3);
  });
});

describe("panning", () => {
  const near = zoomedAt(fit(LARGE, BOX), 5, { x: 400, y: 400 }, LARGE, BOX);

  it("moves the picture and stops at its edges", () => {
    const moved = panned(near, { x: 50, y: -20 }, LARGE, BOX);
    expect([moved.x - near.x, moved.y - near.y]).toEqual([50, -20]);
    expect(panned(near, { x: 1e6, y: 1e6 }, LARGE, BOX)).toEqual({ scale: 1, x: 0, y: 0 });
    expect(panned(near, { x: -1e6, y: -1e6 }, LARGE, BOX)).toEqual({ scale: 1, x: -3200, y: -1200 });
  });

  it("does nothing where all of it is seen", () => {
    expect(panned(fit(PICTURE, BOX), { x: 90, y: 90 }, PICTURE, BOX)).toEqual(fit(PICTURE, BOX));
  });
});

describe("another size of the box", () => {
  it("fits what fitted", () => {
    const wider = { width: 1000, height: 600 };
    expect(resized(fit(LARGE, BOX), LARGE, BOX, wider)).toEqual(fit(LARGE, wider));
  });

  it("keeps the middle in the middle", () => {
    const near = zoomedAt(fit(LARGE, BOX), 5, { x: 300, y: 300 }, LARGE, BOX);
    const wider = { width: 1200, height: 900 };
    const after = resized(near, LARGE, BOX, wider);
    expect(under(after, 600, 450)).toEqual(under(near, 400, 400));
    expect(isFit(after, LARGE, wider)).toBe(false);
  });

  it("grows what would be smaller than it fits", () => {
    const near = zoomedAt(fit(LARGE, BOX), 1.2, { x: 400, y: 400 }, LARGE, BOX);
    const huge = { width: 4000, height: 4000 };
    expect(resized(near, LARGE, BOX, huge).scale).toBeCloseTo(1);
  });
});
