import { expect, it } from "vitest";
import { pairsOf } from "./deck";
import { pair, standing } from "./testing";
import { found, heard, measured, percent, standsOn } from "./wording";

const of = (changes: Parameters<typeof pair>[1]) =>
  pairsOf([pair(0, changes)], new Uint8Array(0))[0] as never;

it("cuts, so that only all of them is 100 %", () => {
  expect([percent(1), percent(0.9999), percent(0.99), percent(0)]).toEqual([
    "100\u00a0%",
    "99.9\u00a0%",
    "99\u00a0%",
    "0\u00a0%",
  ]);
});

it("says how much alike two are", () => {
  expect(measured(of({}))).toBe("similarity 0.953 · cosine 0.900 · hash 6 of 64 bits apart");
  expect(measured(of({ similarity: null, cosine: null }))).toBe("hash 6 of 64 bits apart");
  expect(measured(of({ exact: true }))).toBe("the same bytes");
});

it("says a pair with its answer", () => {
  expect(heard(of({}))).toBe("10.jpg and 11.jpg, no answer yet");
  expect(heard(of({ verdict: "no" }))).toBe("10.jpg and 11.jpg, different");
});

it("says what the precision stands on", () => {
  expect(standsOn(standing({ yes: 1 }))).toBe("from 1 answer");
  const sure = standing({ yes: 60, no: 3, precision_low: 0.867, precision_high: 0.9902 });
  expect(standsOn(sure)).toBe("95\u00a0% sure: 86.7\u00a0% to 99\u00a0%, from 63 answers");
  expect(found(standing({ groups: 1 }))).toBe("40 pairs in 1 group; 31 samples could go");
});
