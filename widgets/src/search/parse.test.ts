import { expect, it } from "vitest";
import { parse } from "./parse";

it.each([
  ["night hail", ["night hail"], []],
  ["  night   hail ", ["night hail"], []],
  ["night hail -snow", ["night hail"], ["snow"]],
  ["hail −snow –rain —fog", ["hail"], ["snow", "rain", "fog"]],
  ['"a bus" "a red car" night', ["night", "a bus", "a red car"], []],
  ['hail -"rain drops"', ["hail"], ["rain drops"]],
  ["hail -“rain drops” -„nasse straße“", ["hail"], ["rain drops", "nasse straße"]],
  ["close-up of a cross-road", ["close-up of a cross-road"], []],
  ["hail -snow at night", ["hail at night"], ["snow"]],
  ["-snow", [], ["snow"]],
  ['"not closed', ["not closed"], []],
  ["- -- \"\" -''", [], ["-", "''"]],
  ["bus bus -car -car", ["bus bus"], ["car"]],
  ["🚗 مطر", ["🚗 مطر"], []],
  ["   ", [], []],
])("reads %j", (text, words, minus) => {
  expect(parse(text)).toEqual({ words, minus });
});
