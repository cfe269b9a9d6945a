import { expect, it } from "vitest";
import { shown } from "./fitting";

it("shows whole chips, and always the first", () => {
  expect(shown([], 100)).toBe(0);
  expect(shown([60, 120, 180], 200)).toBe(3);
  expect(shown([60, 120, 180], 130)).toBe(2);
  expect(shown([60, 120, 180], 20)).toBe(1);
  expect(shown([60, 121], 120)).toBe(2);
  expect(shown([60, 122], 120)).toBe(1);
});
