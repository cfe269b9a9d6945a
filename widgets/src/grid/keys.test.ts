import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Store } from "../store/store";
import { FakeModel, state } from "../store/testing";
import { type Layout, layout } from "./arithmetic";
import { keyed } from "./keys";

let model: FakeModel;
let store: Store;
let grid: Layout;
let element: HTMLElement;

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel({ _part: "gallery" });
  store = new Store(model);
  await model.answer("hello", state({ group: "weather" }));
  const groups = [
    { text: "hail", start: 0, count: 40 },
    { text: "rain", start: 40, count: 60 },
  ];
  await model.answer("get_groups", { type: "groups", version: 1, column: "weather", groups });
  grid = layout(100, 1000, 160, 6, groups);
  element = document.createElement("div");
  element.addEventListener("keydown", (event) => keyed(event, store, grid, 500));
});

afterEach(() => {
  store.dispose();
  vi.useRealTimers();
});

function press(key: string, how: KeyboardEventInit = {}): boolean {
  const event = new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...how });
  element.dispatchEvent(event);
  return event.defaultPrevented;
}

it("moves across groups, and selects on the way with Shift", () => {
  store.grid.active.value = 39;
  expect(press("ArrowRight")).toBe(true);
  expect(store.grid.active.value).toBe(40);
  expect(store.grid.revealed.value).toMatchObject({ row: 40, toTop: false });
  press("ArrowRight", { shiftKey: true });
  expect(store.selection.ranges.value).toEqual([[40, 42]]);
});

it("selects a group, and takes it back", () => {
  store.grid.active.value = 50;
  press("a");
  expect(store.selection.ranges.value).toEqual([[40, 100]]);
  press("a");
  expect(store.selection.ranges.value).toEqual([]);
  press("a", { ctrlKey: true });
  expect(store.selection.here.value).toBe(100);
  expect(press("Escape")).toBe(true);
  expect(store.selection.selected.value).toBe(0);
  // Nothing is left to do for it here: it goes on to whoever is around the grid.
  expect(press("Escape")).toBe(false);
});

it("opens the tag form for what the keyboard is at, where nothing is selected", () => {
  store.grid.active.value = 7;
  press("t");
  expect(store.selection.ranges.value).toEqual([[7, 8]]);
  expect(store.selection.opened.value).toEqual({ form: "tag", from: element });
});

it("says that nothing can be written, and leaves other keys alone", async () => {
  void store.core.hello();
  await model.answer("hello", state({ group: "weather", version: 2, writable: false }));
  press("t");
  expect(store.selection.opened.value).toBe(null);
  expect(store.core.toast.value).toContain("reading only");
  for (const key of ["x", "/", "?", "Tab"]) expect(press(key)).toBe(false);
  expect(press("z", { ctrlKey: true })).toBe(false);
});

it("picks nothing that nobody has seen", () => {
  press(" ");
  press("Enter");
  press("s");
  expect(model.count("select")).toBe(0);
  expect(model.count("edit")).toBe(0);
  expect(store.inspector.opened.value).toBe(null);
});
