import { describe, expect, it } from "vitest";
import type { FacetValue } from "../protocol";
import { arranged, columnsOf, firstLines, ordered } from "./arrangement";

const NONE = new Set<string>();

describe("the order of the cards", () => {
  it("is what the kernel says, to begin with", () => {
    expect(arranged([], ["b", "a"], NONE, true)).toEqual(["b", "a"]);
  });

  it("follows the kernel while nobody is in the panel", () => {
    expect(arranged(["a", "b", "c"], ["c", "a", "b"], NONE, false)).toEqual(["c", "a", "b"]);
  });

  it("stays while somebody is there; what is new comes last, what has gone goes", () => {
    expect(arranged(["a", "b", "c"], ["d", "c", "a"], NONE, true)).toEqual(["a", "c", "d"]);
  });

  it("leaves a card that filters in its place, and the others go around it", () => {
    expect(arranged(["a", "b", "c", "d"], ["b", "d", "c", "a"], new Set(["b"]), false)).toEqual([
      "d",
      "b",
      "c",
      "a",
    ]);
    expect(arranged(["a", "b", "c"], ["c", "b", "a"], new Set(["a", "b"]), false)).toEqual(["a", "b", "c"]);
  });

  it("loses no card and doubles none, whatever has come and gone", () => {
    const keys = ["a", "b", "c", "d", "e", "f"];
    for (let i = 0; i < 300; i++) {
      const draw = () => keys.filter(() => Math.random() < 0.6).sort(() => Math.random() - 0.5);
      const [before, wanted] = [draw(), draw()];
      const filters = new Set(wanted.filter(() => Math.random() < 0.4));
      const order = arranged(before, wanted, filters, i % 2 === 0);
      expect([...order].sort()).toEqual([...wanted].sort());
    }
  });
});

function line(text: string, all: number, view: number): FacetValue {
  return { value: text, text, all, view, picked: false };
}

describe("the lines of a card", () => {
  const lines = [line("b", 30, 1), line("a10", 20, 7), line("a9", 10, 7)];

  it("go by the dataset, the view, or their names", () => {
    const names = (order: "all" | "view" | "name") => ordered(lines, order).map(({ text }) => text);
    expect(names("all")).toEqual(["b", "a10", "a9"]);
    expect(names("view")).toEqual(["a10", "a9", "b"]);
    expect(names("name")).toEqual(["a9", "a10", "b"]);
  });

  it("stay where they were under the pointer", () => {
    expect(ordered(lines, "view", ["a9", "gone", "b"]).map(({ text }) => text)).toEqual(["a9", "b", "a10"]);
  });

  it("show the first ones and what is picked", () => {
    const many = Array.from({ length: 20 }, (_, i) => line(`v${i}`, 20 - i, 0));
    expect(firstLines(many, ({ text }) => text === "v15").map(({ text }) => text)).toEqual([
      ...many.slice(0, 8).map(({ text }) => text),
      "v15",
    ]);
    expect(firstLines(many.slice(0, 9), () => false)).toHaveLength(9);
  });
});

describe("columns of cards", () => {
  it("fills the column with most room, in the order of the cards", () => {
    expect(columnsOf([5, 1, 1, 1, 1], (height) => height, 2)).toEqual([[5], [1, 1, 1, 1]]);
    expect(columnsOf([1, 2], () => 1, 0)).toEqual([[1, 2]]);
  });
});
