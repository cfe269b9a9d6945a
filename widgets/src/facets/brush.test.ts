import { describe, expect, it } from "vitest";
import { between, binAt, gripAt, intervalOf, moved, pressed, resized, stretchOf } from "./brush";

const EDGES = [0, 0.1, 0.2, 0.3, 0.4, 1];

describe("bins and intervals", () => {
  it("keeps the bins of a stretch, open at the ends of the histogram", () => {
    expect(intervalOf({ from: 1, to: 3 }, EDGES)).toEqual({ type: "interval", low: 0.1, high: 0.3 });
    expect(intervalOf({ from: 0, to: 2 }, EDGES)).toEqual({ type: "interval", low: null, high: 0.2 });
    expect(intervalOf({ from: 3, to: 5 }, EDGES)).toEqual({ type: "interval", low: 0.3, high: null });
    expect(intervalOf({ from: 0, to: 5 }, EDGES)).toBeNull();
    expect(intervalOf({ from: 2, to: 2 }, EDGES)).toBeNull();
  });

  it("comes back to the same bins, for every stretch", () => {
    for (let from = 0; from < 5; from++) {
      for (let to = from + 1; to <= 5; to++) {
        const interval = intervalOf({ from, to }, EDGES);
        expect(interval === null ? { from: 0, to: 5 } : stretchOf(interval, EDGES)).toEqual({ from, to });
      }
    }
  });

  it("shows a filter that is not on an edge where it is", () => {
    const { from, to } = stretchOf({ type: "interval", low: 0.15, high: 0.7 }, EDGES);
    expect(from).toBeCloseTo(1.5);
    expect(to).toBeCloseTo(4.5);
    expect(stretchOf({ type: "interval", low: -5, high: 99 }, EDGES)).toEqual({ from: 0, to: 5 });
  });
});

describe("the pointer", () => {
  it("knows the bin under it, also outside", () => {
    expect(binAt(0, 100, 5)).toBe(0);
    expect(binAt(59, 100, 5)).toBe(2);
    expect(binAt(-20, 100, 5)).toBe(0);
    expect(binAt(300, 100, 5)).toBe(4);
    expect(binAt(3, 0, 5)).toBe(0);
  });

  it("draws from where it went down, in both directions", () => {
    expect(between(1, 3)).toEqual({ from: 1, to: 4 });
    expect(between(3, 1)).toEqual({ from: 1, to: 4 });
    expect(between(2, 2)).toEqual({ from: 2, to: 3 });
  });

  it("takes hold of the ends, of the middle, or begins anew", () => {
    const stretch = { from: 1, to: 3 };
    expect(gripAt(20, 100, stretch, 5)).toBe("from");
    expect(gripAt(61, 100, stretch, 5)).toBe("to");
    expect(gripAt(40, 100, stretch, 5)).toBe("move");
    expect(gripAt(90, 100, stretch, 5)).toBe("new");
    expect(gripAt(40, 100, null, 5)).toBe("new");
  });

  it("can move even the narrowest stretch", () => {
    expect(gripAt(50, 200, { from: 9, to: 11 }, 40)).toBe("move");
  });
});

describe("moving a stretch", () => {
  it("keeps its length at the ends", () => {
    expect(moved({ from: 1, to: 3 }, 9, 5)).toEqual({ from: 3, to: 5 });
    expect(moved({ from: 1, to: 3 }, -9, 5)).toEqual({ from: 0, to: 2 });
  });

  it("leaves at least one bin", () => {
    expect(resized({ from: 1, to: 3 }, "from", 4, 5)).toEqual({ from: 2, to: 3 });
    expect(resized({ from: 1, to: 3 }, "to", 0, 5)).toEqual({ from: 1, to: 2 });
  });

  it("goes bin by bin with the arrows", () => {
    expect(pressed("ArrowRight", { from: 1, to: 3 }, "from", 5)).toEqual({ from: 2, to: 3 });
    expect(pressed("ArrowLeft", { from: 1, to: 3 }, "to", 5)).toEqual({ from: 1, to: 2 });
    expect(pressed("Home", { from: 1, to: 3 }, "from", 5)).toEqual({ from: 0, to: 3 });
    expect(pressed("End", { from: 1, to: 3 }, "to", 5)).toEqual({ from: 1, to: 5 });
    expect(pressed("x", { from: 1, to: 3 }, "to", 5)).toBeNull();
  });

  it("goes from between two edges to the next one", () => {
    expect(pressed("ArrowRight", { from: 1.5, to: 4 }, "from", 5)?.from).toBe(2);
    expect(pressed("ArrowLeft", { from: 1.5, to: 4 }, "from", 5)?.from).toBe(1);
  });
});
