import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Core } from "../store/core";
import { chip, FakeModel, state } from "../store/testing";
import { SearchSlice } from "./slice";

let model: FakeModel;
let core: Core;
let search: SearchSlice;

async function begin(changes: Parameters<typeof state>[0] = {}) {
  model = new FakeModel();
  core = new Core(model);
  search = new SearchSlice(core);
  void core.hello();
  await model.answer("hello", state(changes));
}

beforeEach(async () => {
  vi.useFakeTimers();
  await begin();
});

afterEach(() => {
  search.dispose();
  core.dispose();
  vi.useRealTimers();
});

it("makes a step of words, and empties the field when it is one", async () => {
  search.type("hail -snow");
  const done = search.submit();
  expect(search.text.value).toBe("hail -snow");
  expect(model.last("edit").change).toEqual({ type: "add_search", words: ["hail"], minus: ["snow"] });
  await model.answer("edit", state({ version: 2 }));
  expect(await done).toBe(true);
  expect(search.text.value).toBe("");
});

it("keeps what was refused, and what was typed meanwhile", async () => {
  search.type("hail");
  const refused = search.submit();
  await model.answer("edit", { type: "error", message: "no", hint: "" });
  await model.answer("hello", state());
  expect(await refused).toBe(false);
  expect(search.text.value).toBe("hail");
  const done = search.submit();
  search.type("hail and");
  await model.answer("edit", state({ version: 2 }));
  expect(await done).toBe(true);
  expect(search.text.value).toBe("hail and");
});

it("asks nothing for nothing", async () => {
  for (const text of ["", "   ", '""', "-"]) {
    search.type(text);
    expect(await search.submit()).toBe(false);
  }
  expect(model.count("edit")).toBe(0);
});

it("goes over to an expression by =, and checks it a moment after the last letter", async () => {
  search.type("=");
  expect(search.mode.value).toBe("where");
  search.type("wea");
  search.type("wet");
  expect(model.count("check")).toBe(0);
  vi.advanceTimersByTime(300);
  expect(model.count("check")).toBe(1);
  expect(model.last("check").sql).toBe("wet");
  await model.answer("check", { type: "checked", count: 412 } as never);
  expect(search.checked.value).toBe(412);
  search.type("wet and");
  expect(search.checked.value).toBeNull();
  vi.advanceTimersByTime(300);
  const asked = model.last("check");
  search.type("wet and x");
  expect(model.last("cancel").target).toBe(asked.id);
  vi.advanceTimersByTime(300);
  await model.answer("check", { type: "error", message: "no column 'x'", hint: "see ds.columns" } as never);
  expect(search.checkFailure.value).toEqual({ message: "no column 'x'", hint: "see ds.columns" });
  search.type("");
  expect(search.checkFailure.value).toBeNull();
});

it("takes = before an expression for what it is, there too", () => {
  search.setMode("where");
  search.type("= wet");
  expect(search.text.value).toBe("wet");
});

it("adds an expression as it was written", async () => {
  search.setMode("where");
  search.type(" weather = 'rain' ");
  void search.submit();
  expect(model.last("edit").change).toEqual({ type: "add_where", sql: "weather = 'rain'" });
});

it.each([
  [{ encoder: "", has_text: false }, /ds\.embed\(\)/],
  [{ encoder: "dino", has_text: false }, /dino knows no words/],
])("leaves the expression where words cannot be: %j", async (changes, why) => {
  await begin(changes);
  expect(search.mode.value).toBe("where");
  expect(search.wordless.value).toMatch(why);
});

it("refuses a picture without vectors, with what to do", async () => {
  await begin({ encoder: "", has_text: false });
  expect(await search.likePicture(new Blob([]))).toBe(false);
  expect(core.editFailure.value?.message).toMatch(/ds\.embed/);
  expect(model.count("edit")).toBe(0);
});

it("says so where a file is no picture", async () => {
  expect(await search.likePicture(new Blob(["no picture"]))).toBe(false);
  expect(core.editFailure.value?.message).toMatch(/cannot read/);
});

it("removes the last step", async () => {
  expect(await search.removeLast()).toBe(false);
  await begin({ chips: [chip("words", "a", 0, 0), chip("minus", "b", 0, 1)] });
  void search.removeLast();
  expect(model.last("edit").change).toEqual({ type: "remove_chip", step: 0, part: 1 });
});

it("asks for the columns once a version, and again where that failed", async () => {
  void search.loadColumns();
  void search.loadColumns();
  expect(model.count("get_columns")).toBe(1);
  await model.answer("get_columns", { type: "error", message: "no", hint: "" } as never);
  void search.loadColumns();
  expect(model.count("get_columns")).toBe(2);
});
