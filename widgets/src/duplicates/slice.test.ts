import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ShellSlice } from "../app/slice";
import { JobSlice } from "../jobs/slice";
import { Core } from "../store/core";
import { FakeModel, state } from "../store/testing";
import { DuplicateSlice } from "./slice";
import { groupsFrom, standing } from "./testing";

let model: FakeModel;
let core: Core;
let shell: ShellSlice;
let slice: DuplicateSlice;

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel({ _part: "explorer", _layout: { mode: "grid" } });
  core = new Core(model);
  shell = new ShellSlice(core);
  slice = new DuplicateSlice(core, shell, new JobSlice(core));
  void core.hello();
  await model.answer("hello", state());
  shell.setMode("duplicates");
  slice.watch();
  await model.answer("get_duplicates", standing());
  await model.answer("get_duplicate_groups", groupsFrom(0, 8));
});

afterEach(() => {
  slice.dispose();
  shell.dispose();
  core.dispose();
  vi.useRealTimers();
});

it("begins at the first group without a verdict and asks for what comes next", async () => {
  expect(slice.group.peek()?.group).toBe("0");
  slice.look(7);
  const asked = model.last("get_duplicate_groups");
  expect([asked.start, asked.stop]).toEqual([8, 16]);
});

it("accepts with the proposed one kept, shows it at once and goes on", async () => {
  slice.accept();
  expect(model.last("judge_groups")).toMatchObject({
    search: "search-1",
    groups: ["0"],
    verdict: "accepted",
    keep: "10",
  });
  expect(slice.groups.peek().get(0)?.state).toBe("accepted");
  expect([slice.at.peek(), slice.pending.peek()]).toEqual([1, 1]);
  await model.answer("judge_groups", standing({ version: 2, open: 19, accepted: 1, first_open: 1 }));
  expect([slice.state.peek()?.open, slice.pending.peek()]).toEqual([19, 0]);
});

it("keeps another one where a person says so, and only a member of the group", async () => {
  slice.keep(2);
  slice.keep(7);
  const group = slice.group.peek();
  expect(group && slice.kept(group)).toBe("12");
  slice.accept();
  expect(model.last("judge_groups").keep).toBe("12");
});

it("says that they are no duplicates, with nothing kept", () => {
  slice.refuse();
  expect(model.last("judge_groups")).toMatchObject({ verdict: "distinct", keep: null });
  expect(slice.groups.peek().get(0)?.state).toBe("distinct");
});

it("sends nothing twice, but another one to keep is another verdict", async () => {
  slice.accept();
  await model.answer("judge_groups", standing({ version: 2, open: 19, accepted: 1, first_open: 1 }));
  slice.look(0);
  slice.accept();
  expect([model.count("judge_groups"), slice.at.peek()]).toEqual([1, 1]);
  slice.look(0);
  slice.keep(1);
  slice.accept();
  expect(model.count("judge_groups")).toBe(2);
});

it("goes back to a group whose verdict was refused, and says why", async () => {
  slice.accept();
  await model.answer("judge_groups", { type: "error", message: "It was searched again", hint: "look" });
  expect([slice.at.peek(), slice.groups.peek().get(0)?.state]).toEqual([0, "open"]);
  expect(slice.refusal.peek()).toEqual({ message: "It was searched again", hint: "look" });
  // another search has other groups
  await model.answer("get_duplicates", standing({ search: "search-2", groups: 3, open: 3, first_open: 1 }));
  expect([slice.at.peek(), slice.groups.peek().size]).toEqual([1, 0]);
});

it("accepts all that follow, and asks again what became of them", async () => {
  slice.look(3);
  void slice.acceptRest();
  expect(model.last("accept_from")).toMatchObject({ search: "search-1", start: 3 });
  await model.answer("accept_from", standing({ version: 2, open: 3, accepted: 17, first_open: 0 }));
  expect([slice.at.peek(), core.toast.peek()]).toEqual([20, "Accepted 17 groups"]);
  await model.answer("get_duplicate_groups", groupsFrom(19, 1, { state: "accepted" }));
  slice.look(3);
  expect(model.last("get_duplicate_groups").start).toBe(3);
});

it("undoes the last verdict and looks at its group again", async () => {
  slice.accept();
  await model.answer("judge_groups", standing({ version: 2, open: 19, accepted: 1, first_open: 1 }));
  void core.look();
  await model.answer("look", state({ version: 2, undo: "accepted a group of duplicates" }));
  void slice.undo();
  await model.answer("undo", state({ version: 3 }));
  await model.answer("get_duplicates", standing({ version: 3 }));
  expect(slice.at.peek()).toBe(0);
  await model.answer("get_duplicate_groups", groupsFrom(0, 8));
  expect(slice.group.peek()?.state).toBe("open");
});

it("stays where it is when the last step was something else", async () => {
  slice.accept();
  await model.answer("judge_groups", standing({ version: 2, open: 19, accepted: 1, first_open: 1 }));
  void core.look();
  await model.answer("look", state({ version: 2, undo: "where weather" }));
  void slice.undo();
  await model.answer("undo", state({ version: 3 }));
  await model.answer("get_duplicates", standing({ version: 2, open: 19, accepted: 1, first_open: 1 }));
  expect(slice.at.peek()).toBe(1);
});

it("hears what others did, and reads their verdicts", async () => {
  model.tell({ type: "duplicates_changed", version: 2 });
  await vi.advanceTimersByTimeAsync(300);
  await model.answer("get_duplicates", standing({ version: 2, open: 19, distinct: 1, first_open: 1 }));
  expect(model.last("get_duplicate_groups").start).toBe(0);
  await model.answer("get_duplicate_groups", groupsFrom(0, 1, { state: "distinct" }));
  expect(slice.groups.peek().get(0)?.state).toBe("distinct");
});

it("goes back to the samples where somebody changes the query", () => {
  void core.edit({ type: "add_where", sql: "width > 3" });
  expect(shell.mode.peek()).toBe("grid");
});

it("shows pictures at full size of the group that is looked at, and none while nobody looks", () => {
  expect(model.last("get_picture").sample).toBe("10");
  const asked = model.count("get_picture");
  shell.setMode("grid");
  slice.look(1);
  expect(model.count("get_picture")).toBe(asked);
});
