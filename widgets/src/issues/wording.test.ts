import { expect, it } from "vitest";
import { issues } from "./testing";
import { heard, notFound, searched } from "./wording";

const [dark, blurry, light] = issues().kinds;

it("says a kind with its counts", () => {
  expect(heard({ ...dark, view: 1234 } as never, false)).toBe("Dark: 1,234 of 40 in view");
  expect(heard(dark as never, true)).toBe("Dark: 40");
});

it("names a few of those that nothing has", () => {
  expect(notFound([])).toBe("");
  expect(notFound([light as never])).toBe("None: light.");
  const many = [dark, blurry, light, dark, blurry, light].map((kind) => kind as never);
  expect(notFound(many.slice(0, 4))).toBe("None: dark, blurry, light, dark.");
  expect(notFound(many)).toBe("None: dark, blurry, light and 3 more kinds.");
});

it("says how many nobody has looked at", () => {
  expect(searched(issues(), 2000)).toBe("");
  expect(searched(issues(), 2001)).toBe("1 sample has come since: find again.");
});
