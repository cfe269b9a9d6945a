import { expect, it } from "vitest";
import { fit, MARGINS } from "./camera";
import { nameOpacity, placeNames } from "./naming";

const size = { width: 600, height: 400 };
const camera = fit([0, 0, 10, 10], size);

it("names the first of two places that lie on each other", () => {
  const places = [
    { x: 5, y: 5, text: "snowy streets" },
    { x: 5.1, y: 5.05, text: "night" },
    { x: 5, y: 8, text: "hail" },
  ];
  expect(placeNames(places, camera, size).map((name) => name.text)).toEqual(["snowy streets", "hail"]);
});

it("writes at most eight names, all of them on the canvas and off the tools", () => {
  const places = Array.from({ length: 60 }, (_, i) => ({
    x: (i * 3.7) % 10,
    y: (i * 2.3) % 10,
    text: `p${i}`,
  }));
  const names = placeNames(places, camera, size);
  expect(names).toHaveLength(8);
  for (const { x, y } of names) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(size.width - MARGINS.right);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(size.height - MARGINS.bottom);
  }
});

it("fades names out while one comes closer", () => {
  expect(nameOpacity(1)).toBe(1);
  expect(nameOpacity(7.5)).toBeCloseTo(0.5);
  expect(nameOpacity(40)).toBe(0);
});
