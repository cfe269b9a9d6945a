import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Core } from "./core";
import type { Failure } from "./failure";
import { chip, FakeModel, state } from "./testing";

let model: FakeModel;
let core: Core;

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel({ _part: "explorer" });
  core = new Core(model);
  void core.hello();
  await model.answer("hello", state({ chips: [chip("words", "hail", 0), chip("where", "a", 1)] }));
});

afterEach(() => {
  core.dispose();
  vi.useRealTimers();
});

const sort = (column: string) => ({ type: "sort" as const, column });

it("tells when the rows changed, with what was before", async () => {
  const heard: [number, number | undefined][] = [];
  core.onVersion((now, before) => heard.push([now.version, before?.version]));
  void core.edit(sort("a"));
  await model.answer("edit", state({ version: 2 }));
  void core.look();
  await model.answer("look", state({ version: 2, stale: true }));
  expect(heard).toEqual([[2, 1]]);
  expect(core.state.value?.stale).toBe(true);
});

it("sends edits one after the other, each with the version that it is an edit of", async () => {
  const first = core.edit(sort("a"));
  const second = core.edit({ type: "add_where", sql: "b" });
  expect(core.busy.value).toBe(true);
  expect(model.count("edit")).toBe(1);
  await model.answer("edit", state({ version: 2 }));
  expect(await first).toBe(true);
  expect(model.last("edit")).toMatchObject({ version: 2, change: { type: "add_where" } });
  await model.answer("edit", state({ version: 3 }));
  expect(await second).toBe(true);
  expect(core.busy.value).toBe(false);
});

it("lets a newer edit take the place of one that waits and would be overwritten", async () => {
  const edits = ["a", "b", "c"].map((column) => core.edit(sort(column)));
  const where = core.edit({ type: "add_where", sql: "x" });
  await model.answer("edit", state({ version: 2 }));
  expect(await edits[1]).toBe(false);
  expect(model.last("edit").change).toEqual(sort("c"));
  await model.answer("edit", state({ version: 3 }));
  await model.answer("edit", state({ version: 4 }));
  expect(await Promise.all([edits[2], where])).toEqual([true, true]);
  expect(model.count("edit")).toBe(3);
});

it("does not let facets of other columns overwrite each other", async () => {
  const facet = (column: string) => ({
    type: "set_facet" as const,
    kind: "number" as const,
    column,
    filter: null,
  });
  for (const column of ["a", "b", "c", "b"]) void core.edit(facet(column));
  for (const version of [2, 3, 4]) await model.answer("edit", state({ version }));
  const columns = model.sent.flatMap((request) => (request.type === "edit" ? [request.change] : []));
  expect(columns).toEqual([facet("a"), facet("c"), facet("b")]);
});

it("removes the chip that was meant, though it has another number meanwhile", async () => {
  void core.edit({ type: "remove_chip", step: 0, part: 0 });
  const second = core.edit({ type: "remove_chip", step: 1, part: 0 });
  await model.answer("edit", state({ version: 2, chips: [chip("where", "a", 0)] }));
  expect(model.last("edit").change).toEqual({ type: "remove_chip", step: 0, part: 0 });
  await model.answer("edit", state({ version: 3 }));
  expect(await second).toBe(true);
});

it("is content where the chip is gone already", async () => {
  void core.edit({ type: "remove_chip", step: 0, part: 0 });
  const again = core.edit({ type: "remove_chip", step: 0, part: 0 });
  await model.answer("edit", state({ version: 2 }));
  expect(await again).toBe(true);
  expect(model.count("edit")).toBe(1);
});

it("shows a refusal under the search bar until the next edit", async () => {
  const edit = core.edit({ type: "add_where", sql: "nonsense" });
  await model.answer("edit", {
    type: "error",
    message: "There is no column 'nonsense'.",
    hint: "see ds.columns",
  });
  await model.answer("hello", state());
  expect(await edit).toBe(false);
  expect(core.editFailure.value).toEqual({
    message: "There is no column 'nonsense'.",
    hint: "see ds.columns",
  });
  void core.edit(sort("a"));
  expect(core.editFailure.value).toBeNull();
});

it("shows a refusal where it was asked to", async () => {
  const where = signal<Failure | null>(null);
  const edit = core.edit(sort("a"), where);
  await model.answer("edit", { type: "error", message: "no", hint: "" });
  await model.answer("hello", state());
  expect(await edit).toBe(false);
  expect(where.value?.message).toBe("no");
  expect(core.editFailure.value).toBeNull();
});

it("tries once more where somebody else had changed the query", async () => {
  const edit = core.edit(sort("a"));
  await model.answer("edit", { type: "error", message: "The query has changed.", hint: "" });
  await model.answer("hello", state({ version: 7 }));
  expect(model.last("edit")).toMatchObject({ version: 7, change: sort("a") });
  await model.answer("edit", { type: "error", message: "The query has changed.", hint: "" });
  await model.answer("hello", state({ version: 8 }));
  expect(await edit).toBe(false);
  expect(model.count("edit")).toBe(2);
  expect(core.editFailure.value?.message).toBe("The query has changed.");
});

it("asks once however often the view changes, and not while an edit of its own is under way", async () => {
  for (const version of [2, 3, 4]) model.tell({ type: "view_changed", version });
  expect(model.count("hello")).toBe(2);
  await model.answer("hello", state({ version: 4 }));
  expect(model.count("hello")).toBe(2);
  void core.edit(sort("a"));
  model.tell({ type: "view_changed", version: 5 });
  await model.answer("edit", state({ version: 5 }));
  expect(model.count("hello")).toBe(2);
  void core.edit(sort("b"));
  model.tell({ type: "view_changed", version: 7 });
  await model.answer("edit", state({ version: 6 }));
  expect(model.count("hello")).toBe(3);
  await model.answer("hello", state({ version: 7, count: 7 }));
  expect(core.state.value?.count).toBe(7);
});

it("does not go back to an older state", async () => {
  model.tell({ type: "view_changed", version: 3 });
  await model.answer("hello", state({ version: 3, count: 3 }));
  void core.refresh();
  await model.answer("refresh", state({ version: 2, count: 2 }));
  expect(core.state.value?.count).toBe(3);
});

it("tells of a selection that anybody changed, once", () => {
  const heard: [number, string][] = [];
  core.onSelection((revision, origin) => heard.push([revision, origin]));
  const event = { type: "selection_changed" as const, origin: "x", revision: 4, count: 9, here: 3 };
  model.tell(event);
  model.tell(event);
  expect(heard).toEqual([[4, "x"]]);
  expect(core.state.value).toMatchObject({ selected: 9, selected_here: 3, revision: 4 });
});

it("looks at most every two seconds", async () => {
  for (let i = 0; i < 3; i++) void core.look();
  expect(model.count("look")).toBe(1);
  vi.advanceTimersByTime(2100);
  void core.look();
  expect(model.count("look")).toBe(2);
});

it("undoes only where there is something to undo", async () => {
  void core.undo();
  expect(model.count("undo")).toBe(0);
  model.tell({ type: "view_changed", version: 2 });
  await model.answer("hello", state({ version: 2, undo: "search hail" }));
  void core.undo();
  await model.answer("undo", state({ version: 3 }));
  expect(core.toast.value).toBe("Undone: search hail");
});

it("keeps what was arranged in the notebook, and takes nothing strange from it", () => {
  const arranged = new FakeModel({ _layout: { share: "half", mode: "map", __proto__: { x: 1 } } });
  const other = new Core(arranged);
  expect(other.part).toBe("gallery");
  expect(other.layout.get("share", 0.4)).toBe(0.4);
  expect(other.layout.get("mode", "both")).toBe("map");
  other.layout.set("share", 0.3);
  expect(arranged.saves).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(arranged.traits._layout).toMatchObject({ share: 0.3, mode: "map" });
  other.layout.set("share", 0.2);
  other.dispose();
  expect(arranged.traits._layout).toMatchObject({ share: 0.2 });
});

it("leaves nothing behind", async () => {
  const edit = core.edit(sort("a"));
  core.dispose();
  expect(await edit).toBe(false);
  expect(model.listening).toBe(0);
  expect(core.editFailure.value).toBeNull();
});
