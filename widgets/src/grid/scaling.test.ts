import { describe, expect, it } from "vitest";
import { layout } from "./arithmetic";
import { MAX_HEIGHT, nativeFor, nativeHeight, scrolled, stuck } from "./scaling";

const VIEWPORT = 500;

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
