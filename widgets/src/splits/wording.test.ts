import { expect, it } from "vitest";
import { certified } from "./testing";
import { alike, between, heard, longest, points, spoken, threshold, verdict } from "./wording";

it("says whether a split holds what it promises", () => {
  expect(verdict(certified())).toBe("Every promise holds");
  expect(verdict(certified({ checked: false, passed: false }))).toBe("Checking…");
  const promises = [
    { name: "sizes", passed: true, text: "" },
    { name: "groups whole", passed: false, text: "" },
  ];
  expect(verdict(certified({ passed: false, promises }))).toBe("1 promise of 2 broken");
});

it("cuts a similarity, so that nothing but the same is 1.000", () => {
  expect([alike(0.9996), alike(1), alike(0.95)]).toEqual(["0.999", "1.000", "0.950"]);
});

it("names a part with its share, and what was wanted where that differs", () => {
  expect(heard({ name: "val", wanted: 200, got: 203 }, 2000)).toBe(
    "val: 203 samples, 10.2 %, 200 wanted. Show them",
  );
  expect(heard({ name: "val", wanted: 200, got: 200 }, 2000)).not.toContain("wanted");
});

it("reads the bars of a class aloud", () => {
  const { parts, columns } = certified();
  expect(spoken(parts, columns[0]?.classes[1]?.shares ?? [], 0.25)).toBe(
    "train 25.0 %, val 25.0 %, test 0.0 %; of all 25.0 %",
  );
  expect([points(0), points(0.764), points(16.12)]).toEqual(["0", "0.76", "16.1"]);
});

it("says where the threshold comes from", () => {
  const { nearness } = certified();
  if (nearness === null) throw new Error("there is one");
  expect(threshold(nearness)).toBe("too near is a cosine of 0.950 (demo), measured on these pictures");
  expect(threshold({ ...nearness, asked: "given", encoder: null })).toContain("0.950, as was asked for");
  expect(threshold({ ...nearness, threshold: null })).toBe("");
});

it("draws the longest bar of a column over the whole width, and rare classes as bars, too", () => {
  const [column] = certified().columns;
  if (column === undefined) throw new Error("there is one");
  expect(longest(column)).toBe(0.75);
  expect(longest({ ...column, classes: [] })).toBe(0.01);
});

it("gives a range of time in days, and within a day in minutes", () => {
  expect(between("2026-01-12 12:01:53", "2026-11-07T19:12:00")).toBe("2026-01-12 – 2026-11-07");
  expect(between("2026-01-12T12:01:53", "2026-01-12 19:12:00")).toBe("2026-01-12 12:01 – 2026-01-12 19:12");
});
