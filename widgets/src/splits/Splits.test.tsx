import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { drawn, mounted, said, unmounted } from "../app/testing";
import type { Store } from "../store/store";
import { type FakeModel, state } from "../store/testing";
import { certified, form, splits } from "./testing";

let model: FakeModel;
let store: Store;

const panel = () => document.querySelector<HTMLElement>(".curate-splits");
const button = (name: string | RegExp) =>
  [...(panel()?.querySelectorAll("button") ?? [])].find((one) => {
    const called = one.getAttribute("aria-label") ?? one.textContent ?? "";
    return typeof name === "string" ? called.trim() === name : name.test(called);
  });
const field = (label: string) => document.querySelector<HTMLInputElement>(`input[aria-label="${label}"]`);
const press = async (key: string, target: Element | null | undefined = panel()) => {
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await drawn();
};
const write = async (input: HTMLInputElement | null, text: string) => {
  if (input === null) throw new Error("there is no such field");
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await drawn();
};
const job = (changes: object) => ({
  id: 1,
  kind: "split" as const,
  title: "Split 2,000 samples as v1",
  done: 0,
  total: 0,
  state: "running" as const,
  text: "",
  hint: "",
  ...changes,
});

async function open(names: readonly string[], reply = certified()) {
  await model.answer("get_splits", splits(names));
  if (names.length > 0) await model.answer("get_split", reply);
  await drawn();
}

beforeEach(async () => {
  ({ model, store } = await mounted(
    { _part: "explorer", _layout: { mode: "splits", facets: false, inspector: false } },
    { count: 2000 },
  ));
  await drawn();
});

afterEach(() => unmounted(store));

it("asks for parts, columns and a threshold where there is no split, and shows the one that it made", async () => {
  await open([]);
  await model.answer("get_split_form", form());
  await drawn();
  expect(said()).toContain("No split yet");
  expect(said()).toContain("≈ 1,600");
  expect(button("3 more columns")).toBeDefined();
  button(/^drive/)?.click();
  button(/^weather/)?.click();
  await drawn();
  await write(field("Share of val in percent"), "20");
  expect(said()).toContain("These are 10 % too much.");
  expect(button("Split 2,000 samples")?.disabled).toBe(true);
  await write(field("Share of train in percent"), "70");
  button("Split 2,000 samples")?.click();
  expect(model.last("make_split")).toMatchObject({
    name: "v1",
    parts: [
      { name: "train", share: 0.7 },
      { name: "val", share: 0.2 },
      { name: "test", share: 0.1 },
    ],
    stratify: ["weather"],
    group_by: ["drive"],
    leak: "auto",
    what: "view",
  });
  await model.answer("make_split", { type: "started", job: job({}) });
  model.tell({ type: "job_changed", job: job({ done: 40, total: 100, text: "embed the altered copies" }) });
  await drawn();
  expect(document.querySelector("progress")?.value).toBe(40);
  expect(said()).toContain("embed the altered copies");
  expect(document.querySelector(".curate-jobs")?.textContent).toBe("");
  button("Stop")?.click();
  expect(model.last("stop_job").job).toBe(1);
  model.tell({ type: "job_changed", job: job({ state: "done", text: "train 1,400, val 400, test 200" }) });
  await open(["v1"]);
  expect(said()).toContain("Every promise holds");
  expect(said()).toContain("Split v1: train 1,400, val 400, test 200");
});

it("keeps the form, and says why, where a split was refused", async () => {
  await open(["v1"]);
  await press("n");
  await model.answer("get_split_form", form({ name: "v2", encoder: "" }));
  await drawn();
  expect(said()).toContain("there are no vectors");
  button("Split 2,000 samples")?.click();
  await model.answer("make_split", {
    type: "error",
    message: "There is no column 'drive'",
    hint: "look again",
  });
  await drawn();
  expect(document.querySelector(".curate-refusal")?.textContent).toContain("There is no column 'drive'");
  button("Split 2,000 samples")?.click();
  await model.answer("make_split", { type: "started", job: job({}) });
  model.tell({
    type: "job_changed",
    job: job({ state: "failed", text: "Too few groups", hint: "fewer parts" }),
  });
  await drawn();
  expect(document.querySelector(".curate-refusal")?.textContent).toContain("Too few groups");
  await press("Escape");
  expect(said()).toContain("Every promise holds");
});

it("takes a cosine that is given, and none that is no cosine", async () => {
  await open([]);
  await model.answer("get_split_form", form());
  await drawn();
  button("From")?.click();
  await drawn();
  const cosine = field("Cosine from which on two samples are near");
  await write(cosine, "1.5");
  expect(said()).toContain("The cosine is to be a number from 0 to 1.");
  await write(cosine, "0,97");
  button("Split 2,000 samples")?.click();
  expect(model.last("make_split").leak).toBe(0.97);
});

it("shows sizes, promises, shares by class, nearest pairs and large groups", async () => {
  await open(["v1", "v0"]);
  expect(button(/^train: 1,600 samples, 80.0 %/)).toBeDefined();
  expect(said()).toContain("0 of 142 groups cut");
  expect(said()).toContain("2.50 points off at most");
  expect(said()).toContain("and 3 more classes, each nearer to its share");
  const cells = [...document.querySelectorAll(".curate-splits-column tbody tr")].map(
    (row) => row.textContent,
  );
  expect(cells).toEqual(["clear75.0 %75.0 %75.0 %", "no value25.0 %25.0 %0.0 %"]);
  expect(document.querySelectorAll("[data-none=true]").length).toBe(1);
  // the earlier part is on the left, whichever came first
  expect(button("train and test, cosine 0.940: look at them closely")).toBeDefined();
  expect(document.querySelector(".curate-splits-neighbours")?.textContent).toContain("25.0 %");
  expect(said()).toContain("329 samples of 21 drives");
});

it("shows the samples of a part in the grid", async () => {
  await open(["v1"], certified({ unassigned: 15 }));
  button(/^val/)?.click();
  expect(model.last("edit").change).toEqual({
    type: "set_facet",
    kind: "category",
    column: "v1",
    filter: { type: "values", values: ["val"] },
  });
  await drawn();
  expect(panel()).toBeNull();
});

it("looks at a pair closely, and goes on with keys", async () => {
  await open(["v1"]);
  button(/^train and test, cosine 0.940/)?.click();
  await drawn();
  const dialog = () => document.querySelector("dialog");
  expect(dialog()?.getAttribute("aria-label")).toBe("Pair 1 of 2: train and test");
  expect(model.last("get_picture").sample).toBe("11");
  await press("ArrowRight", dialog());
  await press("ArrowRight", dialog());
  expect(dialog()?.getAttribute("aria-label")).toBe("Pair 2 of 2: train and test");
  button("Show in the grid")?.click();
  expect(model.last("select_samples")).toMatchObject({ operation: "set", samples: ["21", "20"] });
  await model.answer("select_samples", { type: "selected", revision: 1, count: 2, here: 2 });
  expect(model.last("edit").change).toEqual({ type: "narrow", keep: true });
});

it("exports as a job, and says what came of it", async () => {
  await open(["v1"]);
  await press("e");
  await model.answer("get_exports", {
    type: "exports",
    formats: ["coco", "webdataset"],
    packed: ["webdataset"],
    fields: ["objects"],
    path: "roads-export",
  });
  await drawn();
  const path = document.querySelector<HTMLInputElement>("input[name=path]");
  expect(path?.value).toBe("roads-export-v1");
  await write(path, "/data/v1");
  await press("Enter", path);
  expect(model.last("export_split")).toMatchObject({
    name: "v1",
    path: "/data/v1",
    format: "coco",
    labels: "objects",
    media: "copy",
    overwrite: false,
  });
  const exporting = {
    ...job({ id: 7, kind: "export", title: "Export v1 as coco" }),
    kind: "export" as const,
  };
  await model.answer("export_split", { type: "started", job: exporting });
  model.tell({ type: "job_changed", job: { ...exporting, done: 5, total: 10 } });
  await drawn();
  expect(document.querySelector("input[name=path]")).toBeNull();
  expect(document.querySelector(".curate-splits-outcome progress")).not.toBeNull();
  expect(document.querySelector(".curate-jobs")?.textContent).toBe("");
  model.tell({
    type: "job_changed",
    job: { ...exporting, state: "done", text: "in /data/v1. Verified: 12 files" },
  });
  await drawn();
  expect(document.querySelector(".curate-splits-outcome")?.textContent).toContain("Verified: 12 files");
  button("Dismiss: Export v1 as coco")?.click();
  await drawn();
  expect(document.querySelector(".curate-splits-outcome")).toBeNull();
});

it("shows the sizes while the rest is worked out, and the rest when it is told", async () => {
  await open(["v1"], certified({ checked: false, passed: false, promises: [], nearness: null, columns: [] }));
  expect(said()).toContain("Checking…");
  expect(button(/^train: 1,600/)).toBeDefined();
  expect(said()).not.toContain("Promises");
  model.tell({ type: "splits_changed", version: 2 });
  await vi.advanceTimersByTimeAsync(300);
  await open(["v1"]);
  expect(said()).toContain("Every promise holds");
});

it("says what is broken, and why it cannot say", async () => {
  const promises = [
    { name: "near-duplicates together", passed: false, text: "12 of 80 pairs lie across parts" },
  ];
  await open(["v1"], certified({ passed: false, promises, warnings: ["a", "b", "c", "d"] }));
  expect(said()).toContain("1 promise of 1 broken");
  expect(said()).toContain("1 more warning");
  model.tell({ type: "splits_changed", version: 2 });
  await vi.advanceTimersByTimeAsync(300);
  await model.answer("get_splits", splits(["v1"]));
  await model.answer("get_split", {
    type: "error",
    message: "There is no column 'drive'",
    hint: "it has gone",
  });
  await drawn();
  expect(said()).toContain("There is no column 'drive'");
});

it("makes nothing where nothing can be written", async () => {
  void store.core.look();
  await model.answer("look", state({ version: 2, writable: false }));
  await model.answer("get_splits", splits(["v1"], "This dataset can only be read"));
  await model.answer("get_split", certified());
  await drawn();
  expect(button("New split")?.disabled).toBe(true);
  await press("n");
  expect(document.querySelector(".curate-splits-make")).toBeNull();
  await press("Escape");
  expect(panel()).toBeNull();
});
