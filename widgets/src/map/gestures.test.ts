import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Camera, Point } from "./camera";
import { Gestures, operationOf } from "./gestures";
import type { MapSlice, Tool } from "./slice";

let element: HTMLElement;
let gestures: Gestures;
let slice: ReturnType<typeof stand>;

/** The slice as far as hands reach: point 5 lies at 100, 100, and nothing else anywhere. */
function stand() {
  const camera = signal<Camera>({ x: 0, y: 0, scale: 10, stretch: 1 });
  const viewpoint = {
    camera,
    size: signal({ width: 400, height: 300 }),
    look: vi.fn((next: Camera) => {
      camera.value = next;
    }),
    fly: vi.fn(),
  };
  const near = ([x, y]: Point, reach = 10) => (Math.hypot(x - 100, y - 100) <= reach ? 5 : -1);
  const pointing = { at: vi.fn(near), to: vi.fn(), point: signal(-1) };
  const acts = {
    enclose: vi.fn(),
    open: vi.fn(),
    toggle: vi.fn(),
    selectSight: vi.fn(),
    fitAll: vi.fn(),
    fitView: vi.fn(),
  };
  const selection = { selected: signal(0), clear: vi.fn() };
  return { selection, tool: signal<Tool>("lasso"), viewpoint, pointing, ...acts };
}

beforeEach(() => {
  element = document.createElement("div");
  element.tabIndex = 0;
  element.setPointerCapture = () => undefined;
  document.body.append(element);
  slice = stand();
  gestures = new Gestures(slice as unknown as MapSlice, element);
});

afterEach(() => {
  gestures.dispose();
  element.remove();
});

function at(x: number, y: number, more: Partial<PointerEventInit> = {}): PointerEvent {
  return new PointerEvent("pointer", { clientX: x, clientY: y, pointerId: 1, pointerType: "mouse", ...more });
}

function drag(points: Point[], more: Partial<PointerEventInit> = {}): void {
  const [first, ...rest] = points as [Point, ...Point[]];
  gestures.onPointerDown(at(...first, more));
  for (const point of rest) gestures.onPointerMove(at(...point, more));
  gestures.onPointerUp(at(...(points.at(-1) as Point), more));
}

function press(key: string, more: Partial<KeyboardEventInit> = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, cancelable: true, ...more });
  gestures.onKeyDown(event);
  return event;
}

it("encloses what a drag goes around, with what was held when it began", () => {
  const path: Point[] = [
    [10, 10],
    [60, 10],
    [60, 80],
  ];
  drag(path, { shiftKey: true });
  expect(slice.enclose).toHaveBeenCalledWith(path, "add");
  expect(gestures.path.value).toEqual([]);
  expect(slice.open).not.toHaveBeenCalled();
  expect([operationOf(at(0, 0)), operationOf(at(0, 0, { altKey: true, shiftKey: true }))]).toEqual([
    "set",
    "remove",
  ]);
});

it("draws rectangles, and moves the map by the tool, the middle button or Space", () => {
  slice.tool.value = "rectangle";
  drag([
    [50, 60],
    [10, 20],
  ]);
  expect(slice.enclose.mock.calls[0]?.[0]).toEqual([
    [50, 60],
    [10, 60],
    [10, 20],
    [50, 20],
  ]);
  const far: Point[] = [
    [0, 0],
    [30, 0],
  ];
  drag(far, { button: 1 });
  press(" ");
  expect(gestures.pans.value).toBe(true);
  drag(far);
  gestures.onKeyUp(new KeyboardEvent("keyup", { key: " " }));
  expect(gestures.pans.value).toBe(false);
  slice.tool.value = "pan";
  drag(far);
  expect(slice.viewpoint.camera.value.x).toBeCloseTo(-9);
  expect(slice.enclose).toHaveBeenCalledTimes(1);
});

it("opens a point that is clicked, and selects it with Shift or Ctrl", () => {
  drag([
    [103, 101],
    [104, 102],
  ]);
  expect(slice.open).toHaveBeenCalledWith(5);
  drag([[100, 100]], { ctrlKey: true });
  expect(slice.toggle).toHaveBeenCalledWith(5);
  drag([[300, 200]]);
  expect(slice.open).toHaveBeenCalledTimes(1);
});

it("forgets a lasso at Escape, or the selection, and leaves Escape to others where there is neither", () => {
  gestures.onPointerDown(at(10, 10));
  gestures.onPointerMove(at(90, 90));
  expect(gestures.path.value).toHaveLength(2);
  expect(press("Escape").defaultPrevented).toBe(true);
  gestures.onPointerUp(at(90, 90));
  expect(slice.enclose).not.toHaveBeenCalled();
  expect(press("Escape").defaultPrevented).toBe(false);
  slice.selection.selected.value = 3;
  expect(press("Escape").defaultPrevented).toBe(true);
  expect(slice.selection.clear).toHaveBeenCalledOnce();
});

it("zooms and moves with two fingers", () => {
  const touch = (id: number) => ({ pointerId: id, pointerType: "touch" });
  gestures.onPointerDown(at(100, 150, touch(1)));
  gestures.onPointerDown(at(200, 150, touch(2)));
  gestures.onPointerMove(at(300, 150, touch(2)));
  expect(slice.viewpoint.camera.value.scale).toBeCloseTo(20);
  gestures.onPointerUp(at(300, 150, touch(2)));
  gestures.onPointerUp(at(100, 150, touch(1)));
  expect(slice.enclose).not.toHaveBeenCalled();
  expect(slice.open).not.toHaveBeenCalled();
});

it("leaves the wheel to the page until somebody has gone into the map", () => {
  const turn = (ctrlKey = false) => {
    const event = new WheelEvent("wheel", { deltaY: -100, cancelable: true });
    // The DOM of these tests knows nothing of the mouse in a wheel's event.
    Object.assign(event, { clientX: 50, clientY: 50, ctrlKey });
    element.dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(turn()).toBe(false);
  expect(slice.viewpoint.look).not.toHaveBeenCalled();
  expect(turn(true)).toBe(true);
  element.focus();
  expect(turn()).toBe(true);
  expect(slice.viewpoint.camera.value.scale).toBeGreaterThan(10);
});

it("does everything by keys", () => {
  press("ArrowRight");
  expect(slice.viewpoint.camera.value.x).toBeCloseTo(4.8);
  press("ArrowUp", { shiftKey: true });
  expect(slice.viewpoint.camera.value.y).toBeCloseTo(24);
  expect(gestures.crosshair.value).toBe(true);
  press("+");
  press("0");
  press("f");
  press("s", { code: "KeyS", altKey: true });
  expect([slice.viewpoint.fly, slice.fitAll, slice.fitView].map((act) => act.mock.calls.length)).toEqual([
    1, 1, 1,
  ]);
  expect(slice.selectSight).toHaveBeenCalledWith("remove");
  slice.pointing.point.value = 8;
  press("Enter");
  press("Enter", { shiftKey: true });
  expect(slice.open).toHaveBeenCalledWith(8);
  expect(slice.toggle).toHaveBeenCalledWith(8);
  // What is not the map's goes on to whoever listens around it.
  expect(
    [press("t"), press("z", { ctrlKey: true }), press("f", { ctrlKey: true })].map((e) => e.defaultPrevented),
  ).toEqual([false, false, false]);
});
