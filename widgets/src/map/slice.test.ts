import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ShellSlice } from "../app/slice";
import { GridSlice } from "../grid/slice";
import { InspectorSlice } from "../inspector/slice";
import type { MapState, Reply, Request } from "../protocol";
import { LATER_AFTER } from "../rpc/client";
import { SelectionSlice } from "../selection/slice";
import { Core } from "../store/core";
import { FakeModel, state } from "../store/testing";
import { MapSlice } from "./slice";

let model: FakeModel;
let core: Core;
let map: MapSlice;
let stops: (() => void)[];

function build(traits: Record<string, unknown> = {}): void {
  model = new FakeModel(traits);
  core = new Core(model);
  const shell = new ShellSlice(core);
  const grid = new GridSlice(core);
  const selection = new SelectionSlice(core, grid);
  const inspector = new InspectorSlice(core, shell, grid, selection);
  map = new MapSlice(core, selection, inspector);
  stops = [map, inspector, grid, shell, core].map((slice) => () => slice.dispose());
}

beforeEach(async () => {
  vi.useFakeTimers();
  build({ _part: "explorer" });
  void core.hello();
  await model.answer("hello", state());
});

afterEach(() => {
  for (const stop of stops) stop();
  vi.useRealTimers();
});

/** Answer the last request of a type with numbers behind it, at an address that no number may have. */
async function send(
  type: Request["type"],
  reply: Partial<Reply> & { type: Reply["type"] },
  data: ArrayBufferView,
): Promise<void> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const { client, id } = model.last(type);
  model.emit("msg:custom", { ...reply, client, id }, [new DataView(shifted.buffer, 3)]);
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

function mapState(changes: Partial<MapState> = {}): Partial<MapState> & { type: "map_state" } {
  const box: MapState["box"] = [0, 0, 10, 10];
  const numbers = { map: 7, samples: 4, points: 4, missing: 0, chunks: 2 };
  return { type: "map_state", why: "", title: "UMAP", density: false, box, ...numbers, ...changes };
}

const legend = [{ code: 1, value: "rain", text: "rain", count: 4 }];

/** Four points in two chunks: one and two are in the view, two is selected. */
async function load(): Promise<void> {
  map.attach();
  await model.answer("get_map", mapState());
  map.viewpoint.resize({ width: 400, height: 300 });
  await send("get_masks", { type: "masks", map: 7 }, new Uint8Array([0b0110, 0b0100]));
  await model.answer("get_columns", {
    type: "columns",
    columns: [{ name: "weather", kind: "category", type: "VARCHAR", values: ["'rain'", "'snow'"] }],
    fields: [],
  });
  for (const [chunk, start] of [0, 2].entries()) {
    const points = { type: "points", map: 7, start, stop: start + 2 } as const;
    expect(model.last("get_points").chunk).toBe(chunk);
    await send("get_points", points, new Float32Array([start, start + 1, 5, 6]));
    const colours = { type: "colours", map: 7, start, stop: start + 2, kind: "category", legend } as const;
    await send("get_colours", { ...colours, low: null, high: null }, new Uint16Array([1, start]));
  }
  await model.answer("get_places", { type: "places", places: [{ x: 1, y: 1, text: "rain" }] });
}

it("asks for nothing before it is on the screen", () => {
  expect(model.count("get_map")).toBe(0);
  model.tell({ type: "map_changed" });
  expect(model.count("get_map")).toBe(0);
});

it("puts points, states, codes and places together, chunk by chunk", async () => {
  await load();
  expect([...(map.scene.value?.xy ?? [])]).toEqual([0, 5, 1, 6, 2, 5, 3, 6]);
  expect([...(map.scene.value?.state ?? [])]).toEqual([0, 1, 3, 0]);
  expect([...(map.scene.value?.codes ?? [])]).toEqual([1, 0, 1, 2]);
  expect([map.arrived.value, map.inView.value, map.selected.value]).toEqual([4, 2, 1]);
  expect(map.places.value).toHaveLength(1);
  expect(map.painting.colour.value).toEqual({ kind: "category", column: "weather" });
  expect(map.painting.colouring.value?.legend).toEqual(legend);
});

it("asks for new masks when the view or the selection changes, and only for the newest", async () => {
  await load();
  expect(model.count("get_masks")).toBe(1);
  model.tell({ type: "selection_changed", origin: "", revision: 1, count: 0, here: 0 });
  const stale = model.last("get_masks").id;
  void core.hello();
  await model.answer("hello", state({ version: 2, revision: 1 }));
  // counts and pictures of the other view go before
  expect(model.count("get_masks")).toBe(2);
  await vi.advanceTimersByTimeAsync(LATER_AFTER);
  expect(model.count("get_masks")).toBe(3);
  expect(model.last("cancel").target).toBe(stale);
  await send("get_masks", { type: "masks", map: 7 }, new Uint8Array([0b1111, 0]));
  expect([map.inView.value, map.selected.value]).toEqual([4, 0]);
});

it("catches up on what it has missed while it was hidden", async () => {
  await load();
  map.detach();
  model.tell({ type: "selection_changed", origin: "", revision: 1, count: 0, here: 0 });
  expect(model.count("get_masks")).toBe(1);
  map.attach();
  expect(model.count("get_masks")).toBe(2);
  expect(model.count("get_map")).toBe(1);
});

it("keeps its eye on the same place when the same map is loaded again, and not on another one", async () => {
  await load();
  map.viewpoint.look({ x: 2, y: 3, scale: 90, stretch: 1 });
  const before = map.viewpoint.camera.value;
  model.tell({ type: "map_changed" });
  await model.answer("get_map", mapState({ map: 8 }));
  expect(map.viewpoint.camera.value).toEqual(before);
  model.tell({ type: "map_changed" });
  await model.answer("get_map", mapState({ map: 9, box: [50, 50, 60, 60] }));
  expect(map.viewpoint.camera.value).toEqual(map.viewpoint.whole.value);
  expect(map.arrived.value).toBe(0);
});

it("keeps the points of a map whose samples have become others in something else", async () => {
  await load();
  const { scene } = map;
  const before = scene.value;
  model.tell({ type: "map_changed" });
  await model.answer("get_map", mapState({ missing: 3 }));
  expect(scene.value).toBe(before);
  expect(map.info.value?.missing).toBe(3);
  expect([model.count("get_points"), model.count("get_masks"), model.count("get_columns")]).toEqual([
    2, 2, 2,
  ]);
});

it("sends a lasso in the map's own coordinates, and tells the selection", async () => {
  await load();
  const { camera, size } = map.viewpoint;
  expect(size.value.width).toBe(400);
  void map.enclose(
    [
      [100, 50],
      [300, 50],
      [300, 250],
    ],
    "add",
  );
  const { polygon, operation, map: number } = model.last("lasso");
  expect([operation, number, polygon.length]).toEqual(["add", 7, 3]);
  const scale = (camera.value?.scale ?? 0) * (camera.value?.stretch ?? 0);
  expect((polygon[1]?.[0] ?? 0) - (polygon[0]?.[0] ?? 0)).toBeCloseTo(200 / scale);
  await model.answer("lasso", { type: "selected", revision: 3, count: 2, here: 1 });
  expect(map.said.value).toBe("2 selected, 1 of them outside the view");
  expect(model.count("get_selection")).toBe(1);
});

it("selects what is in sight without a mouse", async () => {
  await load();
  map.viewpoint.look({ x: 5, y: 5, scale: 50, stretch: 1 });
  void map.selectSight("set");
  const xs = model.last("lasso").polygon.map(([x]) => x);
  const across = 400 / (50 * (map.viewpoint.camera.value?.stretch ?? 0));
  expect(Math.max(...xs) - Math.min(...xs)).toBeCloseTo(across);
});

it("colours by what was saved with the notebook", async () => {
  for (const stop of stops) stop();
  build({ _part: "map", _layout: { "map.colour": "labels object" } });
  map.attach();
  await model.answer("get_map", mapState());
  await model.answer("get_columns", { type: "columns", columns: [], fields: ["object"] });
  expect(model.last("get_colours")).toMatchObject({ kind: "labels", column: "object", chunk: 0 });
  map.colourBy(null);
  expect(map.painting.colouring.value).toBeNull();
  vi.runAllTimers();
  expect(model.traits._layout).toMatchObject({ "map.colour": "" });
});

it("asks for tags again when somebody may have given one, and for metadata not", async () => {
  await load();
  void core.hello();
  await model.answer("hello", state({ version: 2 }));
  expect(model.count("get_colours")).toBe(2);
  map.colourBy("tags", "tags");
  expect(model.count("get_colours")).toBe(3);
  void core.hello();
  await model.answer("hello", state({ version: 3 }));
  expect(model.count("get_colours")).toBe(4);
});

it("adds a value of the legend to those that are filtered by already, and takes it away again", async () => {
  await load();
  const card = { column: "weather", title: "weather", values: [], more: 0, bins: null };
  const rest = { kind: "category" as const, missing_all: 0, missing_view: 0, difference: 0 };
  const filter = { type: "values" as const, values: ["snow"] };
  void map.painting.filterBy({ code: 1, value: "rain", text: "rain", count: 4 });
  expect(model.last("get_facets").columns).toEqual([["category", "weather"]]);
  await model.answer("get_facets", { type: "facets", version: 1, cards: [{ ...card, ...rest, filter }] });
  const { change } = model.last("edit");
  expect(change).toMatchObject({ type: "set_facet", filter: { values: ["snow", "rain"] } });
});

it("says why there is none, and makes one", async () => {
  map.attach();
  await model.answer("get_map", mapState({ map: 0, why: "There is no map yet", points: 0, chunks: 0 }));
  expect(map.scene.value).toBeNull();
  void map.make();
  expect(model.last("project").again).toBe(false);
  const job = { id: 3, kind: "project", title: "Map", done: 1, total: 9, text: "", hint: "" } as const;
  await model.answer("project", { type: "started", job: { ...job, state: "running" } });
  model.tell({ type: "job_changed", job: { ...job, done: 5, state: "running" } });
  expect(map.job.value?.done).toBe(5);
  void map.stopMaking();
  expect(model.last("stop_job").job).toBe(3);
  model.tell({ type: "map_changed" });
  expect(model.count("get_map")).toBe(2);
});

it("shows an error with a way back", async () => {
  map.attach();
  await model.answer("get_map", { type: "error", message: "gone", hint: "run the cell again" });
  expect(map.failure.value).toEqual({ message: "gone", hint: "run the cell again" });
  void map.load();
  expect(map.failure.value).toBeNull();
  expect(model.count("get_map")).toBe(2);
});

it("asks for the picture of a point that is pointed at for a moment, and for nothing in passing", async () => {
  await load();
  map.pointing.to(1);
  vi.advanceTimersByTime(30);
  map.pointing.to(2);
  vi.advanceTimersByTime(30);
  expect(model.count("get_tiles")).toBe(0);
  vi.advanceTimersByTime(60);
  expect(model.last("get_tiles").points).toEqual([2]);
  map.pointing.to(-1);
  expect(model.last("cancel").target).toBe(model.last("get_tiles").id);
});

it("shows the sample of a clicked point in the inspector, and marks the point", async () => {
  await load();
  void map.open(2);
  await model.answer("get_tiles", {
    type: "tiles",
    tiles: [
      {
        ...{ sample_id: "99", name: "a.jpg", status: "ok", error: "", score: null },
        ...{ badges: [], shapes: [], width: 4, height: 3, bytes: 0 },
      },
    ],
  });
  expect(map.inspector.opened.value?.sampleId).toBe("99");
  expect(map.opened.value).toBe(2);
  map.inspector.open("5");
  expect(map.opened.value).toBe(-1);
});

it("listens to nothing any more when it is gone", async () => {
  await load();
  map.dispose();
  const before = model.sent.length;
  model.tell({ type: "map_changed" });
  model.tell({ type: "selection_changed", origin: "", revision: 9, count: 0, here: 0 });
  expect(model.sent.slice(before).filter(({ type }) => type !== "get_selection")).toEqual([]);
  expect(map.scene.value).toBeNull();
});
