import { expect, it } from "vitest";
import type { Column } from "../protocol";
import { columnOf, groupings, matching, NEAREST, SEARCH_ORDER, sortings } from "./choosing";

const column = (name: string, kind: Column["kind"]): Column => ({ name, kind, type: "", values: [] });
const COLUMNS = [
  column("weather", "category"),
  column("night", "boolean"),
  column("brightness", "number"),
  column("near_duplicate", "number"),
  column("tags", "tags"),
  column("name", "text"),
];
const asked = { sort: null, scored: false, group: null, encoder: "clip" };

it("sorts by what the search says, by what is near, and by columns", () => {
  const keys = sortings(asked, COLUMNS, "a.jpg").map(({ key }) => key);
  expect(keys.slice(0, 2)).toEqual([SEARCH_ORDER, NEAREST]);
  expect(keys.slice(2).map(columnOf)).toEqual(["weather", "night", "brightness", "near_duplicate", "name"]);
  expect(sortings(asked, [], "")[0]?.label).toBe("order of ingest");
  expect(sortings({ ...asked, scored: true }, [], "")[0]?.label).toBe("score");
});

it("says what it is sorted by, and what cannot be", () => {
  const choices = sortings({ ...asked, sort: "brightness" }, COLUMNS, "");
  expect(choices.filter(({ checked }) => checked).map(({ label }) => label)).toEqual(["brightness"]);
  expect(choices.filter(({ disabled }) => disabled).map(({ key }) => key)).toEqual([NEAREST]);
  expect(sortings({ ...asked, encoder: "" }, [], "a.jpg")[1]?.disabled).toBe(true);
});

it("groups by what many samples have in common", () => {
  const choices = groupings({ ...asked, group: "night" }, COLUMNS);
  expect(choices.map(({ label }) => label)).toEqual(["nothing", "weather", "night", "near_duplicate"]);
  expect(choices.filter(({ checked }) => checked).map(({ key }) => columnOf(key))).toEqual(["night"]);
});

it("finds columns by a part of their name", () => {
  const found = matching(sortings(asked, COLUMNS, "x"), " NI");
  expect(found.map(({ label }) => label)).toEqual(["night"]);
});
