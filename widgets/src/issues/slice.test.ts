import { afterEach, beforeEach, expect, it } from "vitest";
import { JobSlice } from "../jobs/slice";
import type { IssueKind } from "../protocol";
import { Core } from "../store/core";
import { FakeModel, state } from "../store/testing";
import { IssueSlice } from "./slice";
import { issues } from "./testing";

let model: FakeModel;
let core: Core;
let slice: IssueSlice;
let shut: () => void;
let dark: IssueKind;

beforeEach(async () => {
  model = new FakeModel({ _part: "explorer" });
  core = new Core(model);
  slice = new IssueSlice(core, new JobSlice(core));
  void core.hello();
  await model.answer("hello", state());
  shut = slice.watch();
  await model.answer("get_issues", issues());
  dark = slice.issues.peek()?.kinds[0] as IssueKind;
});

afterEach(() => {
  slice.dispose();
  core.dispose();
});

it("counts again with every version and after a search, and for nobody who does not look", async () => {
  void core.look();
  await model.answer("look", state({ version: 2 }));
  expect(model.count("get_issues")).toBe(2);
  model.tell({ type: "issues_changed" });
  expect(model.count("get_issues")).toBe(3);
  shut();
  model.tell({ type: "issues_changed" });
  expect(model.count("get_issues")).toBe(3);
});

it("filters by a kind with the facet of its column, shown at once, and takes it away again", async () => {
  void slice.toggle(dark);
  expect(slice.picked(dark)).toBe(true);
  const change = { type: "set_facet", kind: "boolean", column: "is_dark_issue" };
  expect(model.last("edit").change).toEqual({ ...change, filter: { type: "values", values: [true] } });
  await model.answer("edit", state({ version: 2 }));
  const kinds = [{ ...dark, view: 40, picked: true }];
  await model.answer("get_issues", issues({ kinds }));
  const now = slice.issues.peek()?.kinds[0] as IssueKind;
  expect(slice.picked(now)).toBe(true);
  void slice.toggle(now);
  expect(slice.picked(now)).toBe(false);
  expect(model.last("edit").change).toEqual({ ...change, filter: null });
});

it("goes back to what it was where the kernel refuses", async () => {
  void slice.toggle(dark);
  await model.answer("edit", { type: "error", message: "There is no column", hint: "" });
  await model.answer("hello", state());
  expect(slice.picked(dark)).toBe(false);
  expect(core.editFailure.peek()?.message).toBe("There is no column");
});

it("says why it cannot search", async () => {
  void slice.find();
  await model.answer("find_issues", { type: "error", message: "Too much runs already", hint: "wait" });
  expect(slice.failure.peek()).toEqual({ message: "Too much runs already", hint: "wait" });
  const job = { id: 4, kind: "issues", title: "Find issues", done: 1, total: 9, text: "", hint: "" } as const;
  model.tell({ type: "job_changed", job: { ...job, state: "running" } });
  expect(slice.job.peek()?.state).toBe("running");
});
