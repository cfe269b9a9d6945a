import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { GridSlice } from "../grid/slice";
import { Core } from "../store/core";
import { FakeModel, state } from "../store/testing";
import { SelectionSlice } from "./slice";

let model: FakeModel;
let core: Core;
let grid: GridSlice;
let selection: SelectionSlice;

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel();
  core = new Core(model);
  grid = new GridSlice(core);
  selection = new SelectionSlice(core, grid);
  void core.hello();
  await model.answer("hello", state());
});

afterEach(() => {
  grid.dispose();
  core.dispose();
  vi.useRealTimers();
});

const selected = (count: number, here: number, revision = 1) =>
  ({ type: "selected", revision, count, here }) as const;

it("shows a pick at once, and asks nothing where the kernel agrees", async () => {
  selection.pick(7);
  expect(selection.ranges.value).toEqual([[7, 8]]);
  expect(model.last("select")).toMatchObject({ version: 1, operation: "set", ranges: [[7, 8]] });
  await model.answer("select", selected(1, 1));
  selection.pick(9, { extend: true });
  expect(selection.selected.value).toBe(3);
  selection.pick(8, { toggle: true });
  expect(selection.ranges.value).toEqual([
    [7, 8],
    [9, 10],
  ]);
  expect(model.count("get_selection")).toBe(0);
});

it("asks what is selected where the kernel counts otherwise", async () => {
  selection.pick(7);
  await model.answer("select", selected(5, 3));
  expect(model.count("get_selection")).toBe(1);
  await model.answer("get_selection", {
    type: "selection",
    version: 1,
    revision: 1,
    count: 5,
    here: 3,
    encoding: "ranges",
  });
  expect(selection.outside.value).toBe(2);
});

it("follows others, after its own changes are through", async () => {
  selection.pick(7);
  model.tell({ type: "selection_changed", origin: "somebody", revision: 2, count: 3, here: 3 });
  expect(model.count("get_selection")).toBe(0);
  await model.answer("select", selected(1, 1, 3));
  expect(model.count("get_selection")).toBe(1);
  model.tell({ type: "selection_changed", origin: core.rpc.client, revision: 4, count: 1, here: 1 });
  expect(model.count("get_selection")).toBe(1);
  model.tell({ type: "selection_changed", origin: "", revision: 5, count: 2, here: 2 });
  expect(model.count("get_selection")).toBe(2);
});

it("asks for the rows of a change that it cannot know, even where the counts agree", async () => {
  selection.answer(core.rpc.request("lasso", { map: 1, operation: "set", polygon: [] }));
  await model.answer("lasso", selected(0, 0));
  expect(model.count("get_selection")).toBe(1);
  selection.toggleSamples(["12"]);
  expect(model.last("select_samples")).toMatchObject({ operation: "toggle", samples: ["12"] });
  await model.answer("select_samples", selected(1, 0, 2));
  expect(model.count("get_selection")).toBe(2);
});

it("counts what is in other rows before it knows which they are", async () => {
  selection.pick(7);
  await model.answer("select", selected(1, 1));
  void core.hello();
  await model.answer("hello", state({ version: 2, rows: 2, revision: 1, selected: 12, selected_here: 5 }));
  expect(selection.ranges.value).toEqual([]);
  expect([selection.here.value, selection.outside.value]).toEqual([5, 7]);
  expect(model.count("get_selection")).toBe(1);
});

it("keeps what is selected outside of the view, but for a plain pick", async () => {
  void core.hello();
  await model.answer("hello", state({ version: 2, rows: 2, revision: 1, selected: 12, selected_here: 0 }));
  selection.selectAll();
  expect(model.last("select")).toMatchObject({ operation: "add", ranges: null });
  expect([selection.here.value, selection.outside.value]).toEqual([100, 12]);
  selection.invert();
  expect([selection.here.value, selection.outside.value]).toEqual([0, 12]);
  selection.pick(3);
  expect([selection.here.value, selection.outside.value]).toEqual([1, 0]);
  selection.clear();
  expect(selection.selected.value).toBe(0);
  expect(model.last("select_samples")).toMatchObject({ operation: "set", samples: [] });
});

it("picks nothing while the rows on the screen are not the kernel's", async () => {
  void core.hello();
  await model.answer("hello", state({ version: 2, rows: 2, group: "weather" }));
  selection.pick(3);
  selection.selectAll();
  selection.change("add", 0, 10);
  expect(model.count("select")).toBe(0);
  expect(selection.selected.value).toBe(0);
});

it("takes a double click's pick back", async () => {
  selection.pick(3);
  selection.pick(9);
  selection.takeBackPick();
  expect(selection.ranges.value).toEqual([[3, 4]]);
  expect(model.last("select")).toMatchObject({ operation: "set", ranges: [[3, 4]] });
});

it("offers to undo what was written, as long as undo would take back just that", async () => {
  selection.pick(3);
  const tagged = selection.tag("night", false);
  await model.answer("tag", { type: "tagged", name: "night", changed: 5 });
  expect(await tagged).toBe(null);
  expect(core.toast.value).toBe("“night” given to 5 samples");
  expect(selection.recent.value).toEqual(["night"]);
  model.tell({ type: "view_changed", version: 2 });
  await model.answer("hello", state({ version: 2, undo: "tag night" }));
  expect(selection.undoable.value).toEqual({ said: "“night” given to 5 samples", undo: "tag night" });
});

it("gives an error to the form that it belongs to", async () => {
  const saved = selection.saveSlice("a", "", "view");
  await model.answer("save_slice", { type: "error", message: "taken", hint: "another name" });
  expect(await saved).toEqual({ message: "taken", hint: "another name" });
  expect(selection.acting.value).toBe(false);
});

it("acts on the view where nothing is selected", async () => {
  expect([selection.what, selection.many]).toEqual(["view", 100]);
  const done = selection.toPython();
  expect(model.last("to_python").what).toBe("view");
  await model.answer("to_python", { type: "named", name: "picked", count: 100 });
  await done;
  expect(core.toast.value).toBe("100 samples, the whole view, are in Python as picked");
});

it("leaves out what the keyboard is at where nothing is selected", () => {
  grid.active.value = 4;
  selection.narrow(false);
  expect(model.last("select").ranges).toEqual([[4, 5]]);
  expect(model.last("edit").change).toEqual({ type: "narrow", keep: false });
});
