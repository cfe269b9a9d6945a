import { expect, it } from "vitest";
import type { Column } from "../protocol";
import {
  type Colouring,
  chooseColour,
  colours,
  number,
  readColour,
  time,
  wordsOf,
  writeColour,
} from "./colour";

function column(name: string, kind: Column["kind"], values: string[] = []): Column {
  return { name, kind, type: "VARCHAR", values };
}

const columns = {
  columns: [
    column("status", "category", ["'ok'", "'corrupt'"]),
    column("name", "text"),
    column(
      "city",
      "category",
      Array.from({ length: 40 }, (_, i) => `'${i}'`),
    ),
    column("weather", "category", ["'rain'", "'snow'"]),
    column("bright", "number"),
    column("tags", "tags"),
    column("blob", "other"),
    column("phash", "number"),
  ],
  fields: ["object"],
};

it("colours by everything but free text and numbers that measure nothing", () => {
  const { own, labels, files } = colours(columns);
  expect(own.map(writeColour)).toEqual(["category city", "category weather", "number bright", "tags tags"]);
  expect(labels.map(writeColour)).toEqual(["labels object"]);
  expect(files.map(writeColour)).toEqual(["category status"]);
});

it("begins with an own column of few categories", () => {
  expect(chooseColour(columns)).toEqual({ kind: "category", column: "weather" });
  expect(chooseColour({ columns: [], fields: [] })).toBeNull();
});

it("remembers what was chosen, as long as there is such a column", () => {
  const colour = { kind: "labels" as const, column: "object" };
  expect(readColour(writeColour(colour), columns)).toEqual(colour);
  expect(readColour("number gone", columns)).toBeNull();
  expect(readColour(writeColour(null), columns)).toBeNull();
});

it("says what a point's value is", () => {
  const colour = { kind: "category" as const, column: "weather" };
  const legend = [{ code: 1, value: "rain", text: "rain", count: 3 }];
  const categories: Colouring = { colour, kind: "category", legend, low: null, high: null };
  expect([0, 1, 13].map((code) => wordsOf(categories, code))).toEqual(["no value", "rain", "others"]);
  const numbers: Colouring = { colour, kind: "number", legend: [], low: 10, high: 20 };
  expect([1, 256, 0].map((code) => wordsOf(numbers, code))).toEqual(["≈ 10", "≈ 20", "no value"]);
});

it("writes numbers and moments as short as they can be read", () => {
  expect([0.031_25, 12_345.678, 3].map(number)).toEqual(["0.0313", "12,345.7", "3"]);
  expect(time(1_790_000_000, 1e7)).toBe("2026-09-21");
  expect(time(1_790_000_000, 3600)).toBe("2026-09-21 14:13");
  expect(time(1_790_000_000, 60)).toBe("2026-09-21 14:13:20");
});
