import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ShellSlice } from "../app/slice";
import { GridSlice } from "../grid/slice";
import type { Picture, Reply, Request, RowInfo } from "../protocol";
import { SelectionSlice } from "../selection/slice";
import { Core } from "../store/core";
import { FakeModel, state } from "../store/testing";
import { InspectorSlice } from "./slice";

let model: FakeModel;
let core: Core;
let shell: ShellSlice;
let grid: GridSlice;
let selection: SelectionSlice;
let inspector: InspectorSlice;
const urls = new Set<string>();

beforeEach(async () => {
  vi.useFakeTimers();
  let made = 0;
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
    const url = `blob:${++made}`;
    urls.add(url);
    return url;
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void urls.delete(url));
  await begin("explorer");
});

afterEach(() => {
  inspector.dispose();
  grid.dispose();
  core.dispose();
  expect(urls).toEqual(new Set());
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function begin(part: string): Promise<void> {
  model = new FakeModel({ _part: part });
  core = new Core(model);
  shell = new ShellSlice(core);
  grid = new GridSlice(core);
  selection = new SelectionSlice(core, grid);
  inspector = new InspectorSlice(core, shell, grid, selection);
  void core.hello();
  await model.answer("hello", state());
}

const info = (sample: string): RowInfo => ({
  sample_id: sample,
  name: `${sample}.jpg`,
  status: "ok",
  error: "",
  score: null,
  badges: [],
  shapes: [],
  width: 320,
  height: 240,
  bytes: 2,
});

const picture = (sample: string, more: Partial<Picture> = {}) => ({
  type: "picture" as const,
  version: 1,
  row: 4,
  sample_id: sample,
  name: `${sample}.jpg`,
  location: `/data/${sample}.jpg`,
  width: 320,
  height: 240,
  selected: false,
  tags: ["night"],
  fields: [],
  labels: [],
  shapes: [],
  note: "",
  ...more,
});

/** Answer the last request of a type with a buffer. */
async function answer(type: Request["type"], reply: Partial<Reply>, bytes: number): Promise<void> {
  const { client, id } = model.last(type);
  model.emit("msg:custom", { ...reply, client, id }, [new ArrayBuffer(bytes)]);
  await vi.advanceTimersByTimeAsync(0);
}

async function show(sample: string, row?: number): Promise<void> {
  inspector.open(sample, row === undefined ? {} : { row });
  await vi.advanceTimersByTimeAsync(100);
  await answer("get_picture", picture(sample, { row: row ?? null }), 9);
}

it("asks for the sample, then for what is near it and what was done with it", async () => {
  inspector.open("11", { row: 4 });
  expect(inspector.row.value).toBe(4);
  await vi.advanceTimersByTimeAsync(0);
  expect(model.last("get_picture").sample).toBe("11");
  expect(model.count("get_neighbours")).toBe(0);
  await answer("get_picture", picture("11"), 9);
  expect(inspector.current.value?.picture.name).toBe("11.jpg");
  expect(model.last("get_neighbours").sample).toBe("11");
  expect(model.last("get_history").sample).toBe("11");
  await answer("get_neighbours", { type: "tiles", tiles: [info("12"), info("13")] }, 4);
  expect(inspector.near.value?.value.map(({ sample_id }) => sample_id)).toEqual(["12", "13"]);
});

it("passes over samples that somebody only runs across, and cancels what is not wanted any more", async () => {
  inspector.open("11", { row: 4 });
  await vi.advanceTimersByTimeAsync(0);
  for (const sample of ["12", "13", "14", "15"]) {
    inspector.open(sample);
    await vi.advanceTimersByTimeAsync(20);
  }
  await vi.advanceTimersByTimeAsync(100);
  expect(model.sent.filter(({ type }) => type === "get_picture")).toHaveLength(2);
  expect(model.last("get_picture").sample).toBe("15");
  expect(model.count("cancel")).toBe(1);
});

it("keeps what it knew on the screen until the next is here, and says that it is of another", async () => {
  await show("11", 4);
  inspector.open("12", { row: 5 });
  expect(inspector.known.value?.picture.sample_id).toBe("11");
  expect(inspector.current.value).toBeNull();
  expect(inspector.row.value).toBe(5);
});

it("asks for nothing while nobody sees it", async () => {
  shell.toggle("inspector");
  model.sent.length = 0;
  inspector.opened.value = {
    sampleId: "11",
    row: 4,
    order: 1,
    name: "",
    thumbnail: "",
    width: 0,
    height: 0,
  };
  await vi.advanceTimersByTimeAsync(500);
  expect(model.sent).toEqual([]);
  shell.toggle("inspector");
  await vi.advanceTimersByTimeAsync(100);
  expect(model.last("get_picture").sample).toBe("11");
});

it("opens the panel, and is large where there is none", async () => {
  shell.toggle("inspector");
  inspector.open("11");
  expect(shell.isOpen("inspector")).toBe(true);
  expect(inspector.large.value).toBe(false);
  inspector.dispose();
  await begin("gallery");
  inspector.open("11");
  expect(inspector.large.value).toBe(true);
});

it("does not trust a row number once the rows have become others", async () => {
  await show("11", 4);
  expect(inspector.row.value).toBe(4);
  void core.hello();
  await model.answer("hello", state({ version: 2, rows: 2 }));
  expect(inspector.row.value).toBeNull();
  expect(inspector.placed.value).toBe(false);
  inspector.toggle();
  expect(model.last("select_samples").samples).toEqual(["11"]);
  expect(model.count("select")).toBe(0);
  await vi.advanceTimersByTimeAsync(300);
  await answer("get_picture", picture("11", { version: 2, row: 17 }), 9);
  expect(inspector.row.value).toBe(17);
  inspector.toggle();
  expect(model.last("select").ranges).toEqual([[17, 18]]);
});

it("keeps the picture where only what is known of it has changed", async () => {
  await show("11", 4);
  await answer("get_neighbours", { type: "tiles", tiles: [info("12")] }, 2);
  const url = inspector.known.value?.url;
  void core.hello();
  await model.answer("hello", state({ version: 2 }));
  expect(inspector.row.value).toBe(4);
  await vi.advanceTimersByTimeAsync(300);
  await answer("get_picture", picture("11", { version: 2, tags: ["hail"] }), 9);
  expect(inspector.known.value?.picture.tags).toEqual(["hail"]);
  expect(inspector.known.value?.url).toBe(url);
  expect(model.count("get_neighbours")).toBe(1);
  expect(model.count("get_history")).toBe(2);
});

it("forgets a sample that was erased, and says so", async () => {
  await show("11", 4);
  void core.hello();
  await model.answer("hello", state({ version: 2, rows: 2 }));
  await vi.advanceTimersByTimeAsync(300);
  await answer("get_picture", { type: "error", message: "There is no sample '11'.", hint: "refresh" }, 0);
  expect(inspector.known.value).toBeNull();
  expect(inspector.failure.value).toEqual({ message: "There is no sample '11'.", hint: "refresh" });
  inspector.retry();
  await vi.advanceTimersByTimeAsync(0);
  expect(model.count("get_picture")).toBe(3);
});

it("says what is wrong with the neighbours beside everything else", async () => {
  await show("11", 4);
  await answer("get_neighbours", { type: "error", message: "No vectors.", hint: "ds.embed()" }, 0);
  expect(inspector.near.value?.failure).toEqual({ message: "No vectors.", hint: "ds.embed()" });
  expect(inspector.failure.value).toBeNull();
});

it("shows a tag as soon as the kernel has given it, and why it was refused", async () => {
  await show("11", 4);
  const given = inspector.tag("hail", false);
  expect(inspector.tagging.value).toEqual(["hail"]);
  expect(model.last("tag")).toMatchObject({ name: "hail", remove: false, samples: ["11"] });
  await answer("tag", { type: "tagged", name: "hail", changed: 1 }, 0);
  expect(await given).toBeNull();
  expect(inspector.current.value?.picture.tags).toEqual(["hail", "night"]);
  const refused = inspector.tag("night", true);
  await answer("tag", { type: "error", message: "Read-only.", hint: "" }, 0);
  expect(await refused).toEqual({ message: "Read-only.", hint: "" });
  expect(inspector.current.value?.picture.tags).toEqual(["hail", "night"]);
  expect(inspector.tagging.value).toEqual([]);
});

it("goes to the next sample although it was never on the screen", async () => {
  await show("11", 4);
  void inspector.step(1);
  expect(grid.active.value).toBe(5);
  expect(model.last("get_page")).toMatchObject({ start: 5, stop: 6 });
  await answer("get_page", { type: "page", version: 1, start: 5, rows: [info("12")], stale: false }, 2);
  expect(inspector.opened.value).toMatchObject({ sampleId: "12", row: 5 });
  void inspector.step(-6);
  expect(inspector.opened.value?.sampleId).toBe("12");
});

it("has the next sample at hand where somebody goes from one to the next", async () => {
  grid.tiles.put({ version: 1, shaped: false }, 4, [info("11"), info("12")], new Uint8Array(4));
  inspector.open("11", { row: 4, large: true });
  await vi.advanceTimersByTimeAsync(0);
  await answer("get_picture", picture("11"), 9);
  await answer("get_neighbours", { type: "tiles", tiles: [] }, 0);
  await answer("get_history", { type: "history", lines: [], more: false }, 0);
  expect(model.last("get_picture").sample).toBe("12");
  await answer("get_picture", picture("12", { row: 5 }), 8);
  expect(inspector.known.value?.picture.sample_id).toBe("11");
  await vi.advanceTimersByTimeAsync(500);
  void inspector.step(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(inspector.current.value?.picture.sample_id).toBe("12");
  expect(model.count("get_picture")).toBe(2);
});

it("shows a neighbour by its thumbnail until its picture is here", async () => {
  await show("11", 4);
  await answer("get_neighbours", { type: "tiles", tiles: [info("12"), info("13")] }, 4);
  const thumbnail = inspector.near.value?.value[0]?.url ?? "";
  inspector.open("12");
  expect(inspector.opened.value).toMatchObject({ thumbnail, name: "12.jpg", width: 320 });
  await vi.advanceTimersByTimeAsync(100);
  await answer("get_picture", picture("12", { row: null }), 9);
  await answer("get_neighbours", { type: "tiles", tiles: [info("11")] }, 2);
  expect(urls.has(thumbnail)).toBe(true);
  await show("11", 4);
  await answer("get_neighbours", { type: "tiles", tiles: [info("12")] }, 2);
  expect(urls.has(thumbnail)).toBe(false);
});
