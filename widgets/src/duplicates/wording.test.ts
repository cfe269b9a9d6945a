import { expect, it } from "vitest";
import { counted } from "../review/wording";
import { groupsOf } from "./groups";
import { groupsFrom, standing } from "./testing";
import { alike, announced, found, headline, thousandths } from "./wording";

const of = (changes: Parameters<typeof groupsFrom>[2]) =>
  groupsOf({ ...groupsFrom(0, 1, changes), client: "", id: 0 }, new Uint8Array(0)).get(0) as never;

it("cuts, so that only what is the same is 1", () => {
  expect([thousandths(0.9999), thousandths(0.934), thousandths(1)]).toEqual(["0.999", "0.934", "1.000"]);
});

it("says what a group is", () => {
  expect(headline(of({}))).toBe("Near duplicates: 3 samples");
  expect(headline(of({ kind: "exact", count: 1234 }))).toBe("The same file: 1,234 samples");
  expect(headline(of({ kind: "sequence", span: "12:01:03 – 12:01:09" }))).toBe(
    "One sequence: 3 frames, 12:01:03 – 12:01:09",
  );
  expect([alike(of({})), alike(of({ kind: "exact" })), alike(of({ similarity: null }))]).toEqual([
    "at least 0.950 alike",
    "",
    "",
  ]);
  expect(announced(of({ state: "distinct" }), 4, 20)).toContain(
    "Group 5 of 20. Near duplicates: 3 samples. not dup",
  );
});

it("counts what was found", () => {
  expect(counted(1, "group")).toBe("1 group");
  expect(found(standing())).toBe("5 of the same file · 14 near · 1 sequence");
  expect(found(standing({ exact: 0, near: 0, sequences: 2 }))).toBe("2 sequences");
});
