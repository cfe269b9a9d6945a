import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RowInfo } from "../protocol";
import { Core } from "../store/core";
import { FakeModel, state, tile } from "../store/testing";
import type { Range } from "./loader";
import { GridSlice } from "./slice";

let model: FakeModel;
let core: Core;
let grid: GridSlice;

function rows(start: number, count: number): RowInfo[] {
  return Array.from({ length: count }, (_, i) => tile(start + i));
}

function show(seen: Range, around: Range): void {
  grid.show(seen, around, { row: seen[0], into: 0.5 });
}

async function sendPage(version: number, first = 0): Promise<void> {
  const { start, stop } = model.last("get_page");
  await model.answer("get_page", {
    type: "page",
    version,
    start,
    rows: rows(first + start, stop - start),
    stale: false,
  });
}

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel();
  core = new Core(model);
  grid = new GridSlice(core);
  void core.hello();
  await model.answer("hello", state({ count: 1000 }));
  show([0, 20], [0, 40]);
});

afterEach(() => {
  grid.dispose();
  core.dispose();
  vi.useRealTimers();
});

async function change(changes: Parameters<typeof state>[0]): Promise<void> {
  void core.hello();
  await model.answer("hello", state({ count: 1000, ...changes }));
}

it("asks for exactly what is on the screen, and then for what is around it", async () => {
  expect(model.last("get_page")).toMatchObject({ start: 0, stop: 20, shapes: false });
  await sendPage(1);
  expect(grid.tile(19)?.name).toBe("19.jpg");
  await vi.advanceTimersByTimeAsync(200);
  expect(model.last("get_page")).toMatchObject({ start: 20, stop: 40 });
});

it("takes no rows of another version", async () => {
  await sendPage(2);
  expect(grid.tile(0)).toBeUndefined();
  await change({ version: 2 });
  await sendPage(2);
  expect(grid.tile(0)?.name).toBe("0.jpg");
});

it("keeps what is shown of the same rows until it is sent again", async () => {
  await sendPage(1);
  const asked = model.count("get_page");
  await change({ version: 2 });
  expect(grid.tile(5)?.version).toBe(1);
  expect(model.count("get_page")).toBeGreaterThan(asked);
  await sendPage(2);
  expect(grid.tile(5)?.version).toBe(2);
});

it("shows other rows from the top, and what stood there until they come", async () => {
  await sendPage(1);
  show([200, 220], [180, 240]);
  await vi.advanceTimersByTimeAsync(100);
  await sendPage(1);
  grid.active.value = 205;
  const { times } = grid.revealed.value;
  await change({ version: 2, rows: 2, python: "ds.where('x')" });
  expect(grid.active.value).toBe(0);
  expect(grid.revealed.value).toEqual({ row: 0, toTop: true, times: times + 1 });
  expect(grid.tile(0)).toBeUndefined();
  expect(grid.tiles.get(0)).toMatchObject({ name: "200.jpg", former: true });
  show([0, 20], [0, 40]);
  await sendPage(2, 500);
  expect(grid.tile(0)?.name).toBe("500.jpg");
});

it("does not let other pictures stand in for long", async () => {
  await sendPage(1);
  await change({ version: 2, rows: 2 });
  const { value } = grid.arrived;
  await vi.advanceTimersByTimeAsync(500);
  expect(grid.tiles.get(0)).toBeUndefined();
  expect(grid.arrived.value).toBe(value + 1);
});

it("comes back with undo to where somebody was", async () => {
  await sendPage(1);
  show([200, 220], [180, 240]);
  grid.active.value = 205;
  await change({ version: 2, rows: 2, python: "ds.where('x')" });
  show([0, 20], [0, 40]);
  await change({ version: 3, rows: 3, python: "ds" });
  expect(grid.active.value).toBe(205);
  expect(grid.revealed.value).toMatchObject({ row: 200, toTop: true });
  expect(grid.top).toEqual({ row: 200, into: 0.5 });
});

it("lays groups out when they are known", async () => {
  await sendPage(1);
  await change({ version: 2, rows: 2, group: "weather" });
  expect(grid.settled).toBe(false);
  expect(grid.shown.value?.order).toBe(1);
  const groups = [
    { text: "hail", start: 0, count: 400 },
    { text: "rain", start: 400, count: 600 },
  ];
  await model.answer("get_groups", { type: "groups", version: 2, column: "weather", groups });
  expect(grid.settled).toBe(true);
  expect(grid.shown.value).toEqual({ version: 2, order: 2, count: 1000, groups });
});

it("says why groups did not come, and tries again", async () => {
  await change({ version: 2, rows: 2, group: "weather" });
  await model.answer("get_groups", { type: "error", message: "no", hint: "wait" });
  expect(grid.failure.value).toEqual({ message: "no", hint: "wait" });
  grid.retry();
  expect(model.count("get_groups")).toBe(2);
  await model.answer("get_groups", { type: "groups", version: 2, column: "weather", groups: [] });
  expect(grid.settled).toBe(true);
  expect(grid.failure.value).toBe(null);
});

it("asks for shapes when they are to be drawn, and not again when they are not", async () => {
  await sendPage(1);
  grid.toggleShapes();
  expect(model.last("get_page")).toMatchObject({ start: 0, stop: 20, shapes: true });
  await sendPage(1);
  await vi.advanceTimersByTimeAsync(200);
  await sendPage(1);
  const asked = model.count("get_page");
  grid.toggleShapes();
  await vi.advanceTimersByTimeAsync(200);
  expect(model.count("get_page")).toBe(asked);
});

it("says why a page did not come, and tries again", async () => {
  await model.answer("get_page", { type: "error", message: "gone", hint: "look" });
  expect(grid.failure.value).toEqual({ message: "gone", hint: "look" });
  grid.retry();
  expect(grid.failure.value).toBe(null);
  await sendPage(1);
  expect(grid.tile(0)?.name).toBe("0.jpg");
});
