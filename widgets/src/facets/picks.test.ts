import { describe, expect, it } from "vitest";
import type { Card } from "../protocol";
import { canExcept, type Filter, picked, sameFilter } from "./picks";

function card(changes: Partial<Card> = {}): Card {
  const values = ["clear", "rain", "hail"].map((text) => ({
    value: text,
    text,
    all: 5,
    view: 1,
    picked: false,
  }));
  return {
    kind: "category",
    column: "weather",
    title: "weather",
    values,
    more: 0,
    bins: null,
    missing_all: 0,
    missing_view: 0,
    filter: null,
    difference: 0,
    ...changes,
  };
}

const values = (...of: (string | boolean | null)[]): Filter => ({ type: "values", values: of });

describe("picking a value", () => {
  it("adds it to the others and takes it away again", () => {
    const one = picked(card(), null, "rain", "toggle");
    const two = picked(card(), one, "hail", "toggle");
    expect(two).toEqual(values("rain", "hail"));
    expect(picked(card(), two, "rain", "toggle")).toEqual(values("hail"));
    expect(picked(card(), one, "rain", "toggle")).toBeNull();
  });

  it("takes it alone, and gives all back the second time", () => {
    expect(picked(card(), values("rain", "hail"), "rain", "only")).toEqual(values("rain"));
    expect(picked(card(), values("rain"), "rain", "only")).toBeNull();
  });

  it("leaves nothing but it out, with those that have no value", () => {
    expect(picked(card({ missing_all: 3 }), null, "rain", "except")).toEqual(values("clear", "hail", null));
    expect(picked(card({ missing_all: 3 }), null, null, "except")).toEqual(values("clear", "rain", "hail"));
  });

  it("cannot say all but one where not all are known, or a sample has several", () => {
    expect(canExcept(card({ more: 4 }))).toBe(false);
    expect(canExcept(card({ kind: "tags" }))).toBe(false);
    expect(picked(card({ kind: "tags" }), null, "rain", "except")).toEqual(values("rain"));
  });

  it("knows true from the text", () => {
    expect(picked(card({ kind: "boolean" }), values(true), "true", "toggle")).toEqual(values(true, "true"));
  });
});

describe("two filters", () => {
  it("are the same where they keep the same", () => {
    expect(sameFilter(values("a", "b"), values("b", "a"))).toBe(true);
    expect(sameFilter(values("a"), values("a", "b"))).toBe(false);
    expect(sameFilter(null, values("a"))).toBe(false);
    const interval: Filter = { type: "interval", low: 1, high: null };
    expect(sameFilter(interval, { ...interval })).toBe(true);
    expect(sameFilter(interval, { ...interval, high: 2 })).toBe(false);
    expect(sameFilter(interval, values("a"))).toBe(false);
    expect(sameFilter(values("a"), interval)).toBe(false);
  });
});
