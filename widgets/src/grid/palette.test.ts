import { expect, it } from "vitest";
import { Palette } from "./palette";

it("gives every value a colour of its own while there are any, and always the same", () => {
  const palette = new Palette();
  const values = ["car", "bus", "person", "bicycle", "truck", "", "حافلة", "🚌", "a", "b"];
  const colours = values.map((value) => palette.colour(value));
  expect(new Set(colours).size).toBe(10);
  expect(palette.colour("one more")).toMatch(/^#/);
  expect(values.map((value) => palette.colour(value))).toEqual(colours);
});

it("begins with a colour that depends on the value alone", () => {
  const other = new Palette();
  other.colour("bus");
  expect(new Palette().colour("car")).toBe(new Palette().colour("car"));
  expect(other.colour("bus")).toBe(new Palette().colour("bus"));
});
