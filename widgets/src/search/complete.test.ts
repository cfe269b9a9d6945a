import { expect, it } from "vitest";
import type { Column } from "../protocol";
import { complete, quoted, taken, tokens } from "./complete";

const COLUMNS: Column[] = [
  { name: "weather", kind: "category", type: "VARCHAR", values: ["'clear'", "'rain'", "'it''s hail'"] },
  { name: "brightness", kind: "number", type: "DOUBLE", values: ["0.31"] },
  { name: "Time of Day", kind: "category", type: "VARCHAR", values: ["'night'"] },
  { name: "tags", kind: "tags", type: "VARCHAR[]", values: ["'reviewed'"] },
  { name: "wet", kind: "boolean", type: "BOOLEAN", values: ["true", "false"] },
];

const labels = (text: string, caret = text.length) =>
  complete(text, caret, COLUMNS).options.map(({ label }) => label);

it("begins with columns", () => {
  expect(labels("")).toEqual(["weather", "Time of Day", "tags", "wet", "brightness", "not"]);
  expect(labels("we")).toEqual(["weather", "wet"]);
  expect(labels("weather = 'rain' and bri")).toEqual(["brightness"]);
  expect(labels("(wet or ti")).toEqual(["Time of Day"]);
});

it("puts those first that begin with what was typed", () => {
  expect(labels("t")).toEqual(["Time of Day", "tags", "weather", "wet", "brightness", "not"]);
});

it("knows what a column can be compared by", () => {
  expect(labels("weather ")).toContain("in (…)");
  expect(labels("brightness ")).toContain("<=");
  expect(labels("brightness ")).not.toContain("in (…)");
});

it.each([
  ["weather = ", ["'clear'", "'rain'", "'it''s hail'"]],
  ["weather = 'ra", ["'rain'"]],
  ["weather='it", ["'it''s hail'"]],
  ["WEATHER <> ra", ["'clear'", "'rain'"].slice(1)],
  ["weather in ('rain', ", ["'clear'", "'rain'", "'it''s hail'"]],
  ["weather not in (", ["'clear'", "'rain'", "'it''s hail'"]],
  ['"Time of Day" = ', ["'night'"]],
  ["list_contains(tags, ", ["'reviewed'"]],
  ["brightness between 0.1 and ", ["0.31"]],
])("offers values behind %j", (text, expected) => {
  expect(labels(text)).toEqual(expected);
});

it("joins what is complete", () => {
  expect(labels("weather = 'rain' ")).toEqual(["and", "or"]);
  expect(labels("brightness < 0.3 a")).toEqual(["and"]);
  expect(labels("weather is null ")).toEqual(["and", "or"]);
});

it("puts an option in the place of what was begun, and the caret behind it", () => {
  const caret = "weather = 'ra".length;
  const completion = complete("weather = 'ra", caret, COLUMNS);
  expect(taken("weather = 'ra", completion, completion.options[0] as never)).toEqual({
    text: "weather = 'rain' ",
    caret: "weather = 'rain' ".length,
  });
  const column = complete("ti", 2, COLUMNS);
  expect(taken("ti", column, column.options[0] as never).text).toBe('"Time of Day" ');
  const tags = complete("ta", 2, COLUMNS);
  expect(taken("ta", tags, tags.options[0] as never).text).toBe("list_contains(tags, ");
});

it("completes in the middle", () => {
  const text = "we = 'rain'";
  const completion = complete(text, 2, COLUMNS);
  expect(taken(text, completion, completion.options[0] as never)).toEqual({
    text: "weather = 'rain'",
    caret: 7,
  });
});

it("reads quotes as SQL does", () => {
  expect(tokens("a = 'it''s' and \"x y\" < 1.5").map(({ text }) => text)).toEqual([
    "a",
    "=",
    "'it''s'",
    "and",
    '"x y"',
    "<",
    "1.5",
  ]);
  expect(tokens("a = 'op").at(-1)?.open).toBe(true);
  expect(tokens("a = '").at(-1)?.open).toBe(true);
  expect(tokens("a = ''").at(-1)?.open).toBe(false);
});

it.each([
  ["weather", "weather"],
  ["Time of Day", '"Time of Day"'],
  ['a"b', '"a""b"'],
  ["in", '"in"'],
  ["größe", '"größe"'],
])("quotes %j where it has to", (name, sql) => {
  expect(quoted(name)).toBe(sql);
});
