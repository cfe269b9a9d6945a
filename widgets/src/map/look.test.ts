import { expect, it } from "vitest";
import { look, pointSize, type Tones } from "./look";

const size = { width: 900, height: 500 };
const tones: Tones = { theme: "light", accent: [224, 138, 0], ground: [255, 255, 255], ink: [0, 0, 0] };

it("draws few points large and many small, and all of them larger from near", () => {
  const sizes = [10, 2000, 50_000, 1_000_000].map((points) => pointSize(points, size, 1));
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(sizes.at(-1)).toBe(2);
  expect(pointSize(1_000_000, size, 50)).toBeGreaterThan(4);
  expect(pointSize(10, size, 1000)).toBe(14);
  expect(pointSize(2000, { width: 300, height: 200 }, 1)).toBeLessThan(pointSize(2000, size, 1));
});

it("shows one point alone even among a million, and a crowd stronger than it", () => {
  for (const crowding of [1, 5, 200]) {
    const { opacity } = look(tones, 1_000_000, size, 1, crowding, true);
    for (const [alone, many] of Object.values(opacity)) {
      expect(alone).toBeGreaterThan(0.06);
      expect(many).toBeGreaterThan(alone);
    }
    // What is in the view stands out from what is not, alone and in a crowd.
    expect(opacity.inside[0]).toBeGreaterThan(2 * opacity.outside[0]);
    expect(opacity.inside[1]).toBeGreaterThan(1.5 * opacity.outside[1]);
  }
});
