import { describe, expect, it } from "vitest";
import { barHeight, barsPath, barWidth, LOWEST, SCALES } from "./bars";

describe("the height of a bar", () => {
  it.each(SCALES)("is seen where there is something, and nothing where there is nothing (%s)", (scale) => {
    expect(barHeight(0, 1_000_000, 48, scale)).toBe(0);
    expect(barHeight(1, 1_000_000, 48, scale)).toBeGreaterThanOrEqual(LOWEST);
    expect(barHeight(1_000_000, 1_000_000, 48, scale)).toBe(48);
  });

  it.each(SCALES)("rises with the count (%s)", (scale) => {
    const heights = [0, 1, 10, 100, 1000, 5000].map((count) => barHeight(count, 5000, 48, scale));
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
  });

  it("lifts small counts by the square root", () => {
    expect(barHeight(1, 4, 48, "even")).toBe(12);
    expect(barHeight(1, 4, 48, "root")).toBe(24);
  });
});

describe("the path of all bars", () => {
  it("draws one box a bin that has something", () => {
    expect(barsPath([4, 0, 1], 4, 48, "root", 0)).toBe("M0 48v-48h1v48zM2 48v-24h1v24z");
  });
});

describe("the width of a bar", () => {
  it("is never nothing where there is something", () => {
    expect(barWidth(0, 10)).toBe("0");
    expect(barWidth(1, 100_000)).toBe("max(2px, 0.00%)");
    expect(barWidth(5, 10)).toBe("max(2px, 50.00%)");
  });
});
