import { expect, it } from "vitest";
import { completions } from "./completion";

const KNOWN = ["day", "hail", "night", "night-hail", "reviewed"];

it("begins with recent tags, and those that begin with what was typed", () => {
  expect(completions("", KNOWN, ["reviewed"])).toEqual(["reviewed", "day", "hail", "night", "night-hail"]);
  expect(completions("HAIL", KNOWN, [])).toEqual(["hail", "night-hail"]);
  expect(completions(" night", KNOWN, ["night-hail"])).toEqual(["night-hail", "night"]);
  expect(completions("fog", KNOWN, [])).toEqual([]);
});

it("offers a few of many", () => {
  const many = Array.from({ length: 500 }, (_, i) => `tag ${i}`);
  expect(completions("tag", many, []).length).toBe(8);
});
