import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Card } from "../protocol";
import { Core } from "../store/core";
import { FakeModel, state } from "../store/testing";
import { type CardState, FacetSlice } from "./slice";

let model: FakeModel;
let core: Core;
let facets: FacetSlice;

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel({ _part: "explorer" });
  core = new Core(model);
  facets = new FacetSlice(core);
  void core.hello();
  await model.answer("hello", state());
});

afterEach(() => {
  facets.dispose();
  core.dispose();
  vi.useRealTimers();
});

function card(column: string, changes: Partial<Card> = {}): Card {
  const values = ["a", "b"].map((text) => ({ value: text, text, all: 5, view: 1, picked: false }));
  const rest = { more: 0, bins: null, missing_all: 0, missing_view: 0, filter: null, difference: 0 };
  return { kind: "category", column, title: column, values, ...rest, ...changes };
}

async function counted(cards: Card[], version = 1): Promise<void> {
  await model.answer("get_facets", { type: "facets", version, cards });
}

function of(column: string): CardState {
  const found = facets.cards.peek().get(`category ${column}`);
  if (found === undefined) throw new Error(`there is no card ${column}`);
  return found;
}

describe("counting", () => {
  it("waits until somebody sees the facets", async () => {
    expect(model.count("get_facets")).toBe(0);
    const stop = facets.watch();
    expect(model.count("get_facets")).toBe(1);
    await counted([card("weather")]);
    expect(facets.order.peek()).toEqual(["category weather"]);
    stop();
    void core.refresh();
    await model.answer("refresh", state({ version: 2 }));
    expect(model.count("get_facets")).toBe(1);
  });

  it("is given up when the view has changed meanwhile", async () => {
    facets.watch();
    const first = model.last("get_facets");
    void core.refresh();
    await model.answer("refresh", state({ version: 2 }));
    expect(model.last("cancel").target).toBe(first.id);
    expect(model.count("get_facets")).toBe(2);
  });

  it("is asked for behind a change, and once", async () => {
    facets.watch();
    await counted([card("weather")]);
    void core.edit({ type: "sort", column: "speed", descending: false });
    expect(model.last("get_facets").after_edits).toBe(true);
    await model.answer("edit", state({ version: 2, count: 5 }));
    expect(model.count("get_facets")).toBe(2);
    await counted([card("weather", { difference: 0.5 })], 2);
    expect(of("weather").card.peek().difference).toBe(0.5);
  });

  it("is asked for again when the view has changed behind the change", async () => {
    facets.watch();
    await counted([card("weather")]);
    void core.edit({ type: "sort", column: "speed", descending: false });
    await model.answer("edit", state({ version: 2, count: 5 }));
    void core.refresh();
    await model.answer("refresh", state({ version: 3, count: 6 }));
    await counted([card("weather", { difference: 0.5 })], 2);
    expect(of("weather").card.peek().difference).toBe(0);
    expect(model.last("get_facets").after_edits).toBe(false);
    await counted([card("weather", { difference: 0.7 })], 3);
    expect(of("weather").card.peek().difference).toBe(0.7);
  });

  it("draws again only what has changed", async () => {
    facets.watch();
    await counted([card("weather"), card("place")]);
    const before = of("weather").card.peek();
    void facets.load();
    await counted([card("weather"), card("place", { difference: 0.5 })]);
    expect(of("weather").card.peek()).toBe(before);
    expect(of("place").card.peek().difference).toBe(0.5);
  });

  it("knows whether all is in view when it has been counted, and not before", async () => {
    facets.watch();
    await counted([card("weather")]);
    expect(facets.whole.peek()).toBe(false);
    void core.refresh();
    await model.answer("refresh", state({ version: 2, count: 2000 }));
    expect(facets.whole.peek()).toBe(false);
    await counted([card("weather")], 2);
    expect(facets.whole.peek()).toBe(true);
  });

  it("says what went wrong, and can be tried again", async () => {
    facets.watch();
    await model.answer("get_facets", { type: "error", message: "no", hint: "yes" });
    expect(facets.failure.peek()).toEqual({ message: "no", hint: "yes" });
    void facets.load();
    await counted([card("weather")]);
    expect(facets.failure.peek()).toBeNull();
  });
});

describe("filtering", () => {
  const hail = { type: "values", values: ["a"] } as const;

  it("is shown at once, and until it has been counted", async () => {
    facets.watch();
    await counted([card("weather")]);
    facets.pick(of("weather"), "a", "toggle");
    expect(of("weather").filter.peek()).toEqual(hail);
    expect(model.last("edit").change).toEqual({
      type: "set_facet",
      kind: "category",
      column: "weather",
      filter: hail,
    });
    await model.answer("edit", state({ version: 2, count: 5 }));
    expect(of("weather").filter.peek()).toEqual(hail);
    await counted([card("weather", { filter: { type: "values", values: ["a"] } })], 2);
    expect(of("weather").pending.peek()).toBeUndefined();
    expect(of("weather").filter.peek()).toEqual(hail);
  });

  it("is taken back where the kernel refuses", async () => {
    facets.watch();
    await counted([card("weather")]);
    facets.pick(of("weather"), "a", "toggle");
    await model.answer("edit", { type: "error", message: "no", hint: "" });
    await model.answer("hello", state());
    await vi.advanceTimersByTimeAsync(0);
    expect(of("weather").filter.peek()).toBeNull();
    expect(core.editFailure.peek()?.message).toBe("no");
  });

  it("takes two quick picks together", async () => {
    facets.watch();
    await counted([card("weather")]);
    facets.pick(of("weather"), "a", "toggle");
    facets.pick(of("weather"), "b", "toggle");
    expect(of("weather").filter.peek()).toEqual({ type: "values", values: ["a", "b"] });
    await model.answer("edit", state({ version: 2 }));
    await counted([card("weather", { filter: { type: "values", values: ["a"] } })], 2);
    expect(of("weather").filter.peek()).toEqual({ type: "values", values: ["a", "b"] });
    await model.answer("edit", state({ version: 3 }));
    await counted([card("weather", { filter: { type: "values", values: ["a", "b"] } })], 3);
    expect(of("weather").pending.peek()).toBeUndefined();
  });
});

describe("the order", () => {
  it("changes only when nobody is in the panel", async () => {
    facets.watch();
    await counted([card("weather"), card("place")]);
    facets.attend(() => true);
    void facets.load();
    await counted([card("place"), card("weather")]);
    expect(facets.order.peek()).toEqual(["category weather", "category place"]);
    facets.attend(() => false);
    await vi.advanceTimersByTimeAsync(1000);
    expect(facets.order.peek()).toEqual(["category place", "category weather"]);
  });
});

describe("a long list", () => {
  it("asks when nothing more is typed, and forgets what is stale", async () => {
    facets.watch();
    await counted([card("drive", { more: 4000 })]);
    const drive = of("drive");
    facets.open(drive);
    expect(model.last("get_values")).toMatchObject({ column: "drive", contains: "", order: "view" });
    facets.type(drive, "0");
    facets.type(drive, "05");
    await vi.advanceTimersByTimeAsync(200);
    expect(model.count("get_values")).toBe(2);
    expect(model.count("cancel")).toBe(1);
    const values = [{ value: "d05", text: "d05", all: 3, view: 0, picked: false }];
    await model.answer("get_values", { type: "facet_values", version: 1, values, more: 12 });
    expect(drive.opened.peek()).toMatchObject({ contains: "05", values, more: 12, loading: false });
    facets.shut(drive);
    expect(drive.opened.peek()).toBeNull();
  });
});

describe("hiding and collapsing", () => {
  it("is kept with the notebook", async () => {
    facets.watch();
    await counted([card("weather"), card("place")]);
    facets.hide(of("weather"));
    facets.collapse(of("place"));
    await vi.advanceTimersByTimeAsync(1000);
    expect(model.traits._layout).toMatchObject({
      "facets.hidden": "category weather",
      "facets.collapsed": "category place",
    });
    facets.unhide();
    facets.collapse(of("place"));
    expect(facets.hidden.peek().size + facets.collapsed.peek().size).toBe(0);
  });
});
