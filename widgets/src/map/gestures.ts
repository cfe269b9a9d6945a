import { signal } from "@preact/signals";
import type { Lasso } from "../protocol";
import { type Point, pan, zoom } from "./camera";
import { rectangle } from "./lasso";
import type { MapSlice } from "./slice";

type Operation = Lasso["operation"];

/** A press that moves less than this is a click. */
const CLICK = 4;
/** A lasso gets a vertex every so many pixels. */
const STEP = 2;
const WHEEL = 0.0022;
const PINCH_WHEEL = 0.01;
const LINE = 16;
const ARROW = 48;
const FAR_ARROW = 240;
const KEY_ZOOM = 1.5;
const CROSSHAIR_REACH = 28;

interface Press {
  readonly pointer: number;
  readonly from: Point;
  readonly action: "pan" | "lasso" | "rectangle";
  readonly operation: Operation;
  readonly toggles: boolean;
  last: Point;
  moved: boolean;
}

/** What hands do on the map: a drag selects or moves, two fingers and the wheel zoom, a click opens; and all of it by keys. */
export class Gestures {
  /** What is being drawn, in pixels. */
  readonly path = signal<readonly Point[]>([]);
  readonly pans = signal(false);
  /** Keys are in use: they point with a cross in the middle. */
  readonly crosshair = signal(false);
  /** Where the pointer is. */
  readonly pointer = signal<Point | null>(null);
  private press: Press | null = null;
  private readonly touches = new Map<number, Point>();
  private space = false;
  private hovering: number | undefined;

  constructor(
    private readonly slice: MapSlice,
    private readonly element: HTMLElement,
  ) {
    // Preact's are passive, and the page would scroll.
    element.addEventListener("wheel", this.onWheel, { passive: false });
  }

  dispose(): void {
    this.element.removeEventListener("wheel", this.onWheel);
    if (this.hovering !== undefined) cancelAnimationFrame(this.hovering);
  }

  readonly onPointerDown = (event: PointerEvent): void => {
    if (event.button > 1) return;
    // The middle button would scroll, and takes no focus by itself.
    if (event.button === 1) {
      event.preventDefault();
      this.element.focus({ preventScroll: true });
    }
    this.element.setPointerCapture(event.pointerId);
    this.crosshair.value = false;
    const at = this.pixel(event);
    if (event.pointerType === "touch") {
      this.touches.set(event.pointerId, at);
      if (this.touches.size === 2) {
        this.cancel();
        return;
      }
    }
    const tool = this.slice.tool.peek();
    const pans = event.button === 1 || this.space || tool === "pan";
    this.press = {
      pointer: event.pointerId,
      from: at,
      last: at,
      action: pans ? "pan" : (tool as "lasso" | "rectangle"),
      operation: operationOf(event),
      toggles: event.shiftKey || event.ctrlKey || event.metaKey,
      moved: false,
    };
    this.pans.value = pans;
  };

  readonly onPointerMove = (event: PointerEvent): void => {
    const at = this.pixel(event);
    if (this.touches.size === 2) {
      this.pinch(event.pointerId, at);
      return;
    }
    const { press } = this;
    if (press === null) {
      if (event.pointerType !== "touch") this.point(at);
      return;
    }
    if (press.pointer !== event.pointerId) return;
    press.moved ||= distance(at, press.from) >= CLICK;
    if (!press.moved) return;
    this.slice.pointing.to(-1);
    if (press.action === "pan") {
      const camera = this.slice.viewpoint.camera.peek();
      if (camera) this.slice.viewpoint.look(pan(camera, at[0] - press.last[0], at[1] - press.last[1]));
      press.last = at;
    } else if (press.action === "rectangle") this.path.value = rectangle(press.from, at);
    else if (distance(at, press.last) >= STEP) {
      const path = this.path.peek();
      this.path.value = [...(path.length === 0 ? [press.from] : path), at];
      press.last = at;
    }
  };

  readonly onPointerUp = (event: PointerEvent): void => {
    this.touches.delete(event.pointerId);
    const { press } = this;
    if (press === null || press.pointer !== event.pointerId) return;
    const path = this.path.peek();
    this.cancel();
    if (press.moved) {
      if (press.action !== "pan") void this.slice.enclose(path, press.operation);
      return;
    }
    const point = this.slice.pointing.at(press.from);
    if (point < 0 || event.button !== 0) return;
    if (press.toggles) void this.slice.toggle(point);
    else void this.slice.open(point);
  };

  readonly onPointerCancel = (event: PointerEvent): void => {
    this.touches.delete(event.pointerId);
    this.cancel();
  };

  readonly onPointerLeave = (): void => {
    this.pointer.value = null;
    if (this.press === null && !this.crosshair.peek()) this.slice.pointing.to(-1);
  };

  readonly onBlur = (): void => {
    this.space = false;
    this.pans.value = false;
    if (this.crosshair.peek()) this.slice.pointing.to(-1);
    this.crosshair.value = false;
  };

  readonly onKeyUp = (event: KeyboardEvent): void => {
    if (event.key !== " ") return;
    this.space = false;
    this.pans.value = this.press?.action === "pan";
  };

  readonly onKeyDown = (event: KeyboardEvent): void => {
    if ((event.ctrlKey || event.metaKey) && event.key !== "Enter") return;
    if (!this.act(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** Whether the key means something here. */
  private act(event: KeyboardEvent): boolean {
    const { slice } = this;
    const arrow = event.shiftKey ? FAR_ARROW : ARROW;
    // With Alt some keyboards type another letter.
    switch (event.code === "KeyS" ? "s" : event.key) {
      case "ArrowLeft":
        return this.step(arrow, 0);
      case "ArrowRight":
        return this.step(-arrow, 0);
      case "ArrowUp":
        return this.step(0, arrow);
      case "ArrowDown":
        return this.step(0, -arrow);
      case "+":
      case "=":
        return this.zoomBy(KEY_ZOOM);
      case "-":
      case "_":
        return this.zoomBy(1 / KEY_ZOOM);
      case "0":
        slice.fitAll();
        return true;
      case "f":
        slice.fitView();
        return true;
      case "s":
        void slice.selectSight(operationOf(event));
        return true;
      case "Enter":
        return this.enter(event.shiftKey || event.ctrlKey || event.metaKey);
      case " ":
        this.space = true;
        this.pans.value = true;
        return true;
      case "Escape":
        return this.leave();
      default:
        return false;
    }
  }

  zoomBy(factor: number): boolean {
    const { slice } = this;
    const [camera, size] = [slice.viewpoint.camera.peek(), slice.viewpoint.size.peek()];
    if (camera) slice.viewpoint.fly(zoom(camera, size, factor, [size.width / 2, size.height / 2]));
    return true;
  }

  private step(dx: number, dy: number): boolean {
    const camera = this.slice.viewpoint.camera.peek();
    if (camera) this.slice.viewpoint.look(pan(camera, dx, dy));
    this.crosshair.value = true;
    const { width, height } = this.slice.viewpoint.size.peek();
    this.slice.pointing.to(this.slice.pointing.at([width / 2, height / 2], CROSSHAIR_REACH));
    return true;
  }

  private enter(toggles: boolean): boolean {
    const point = this.slice.pointing.point.peek();
    if (!this.crosshair.peek() || point < 0) return false;
    if (toggles) void this.slice.toggle(point);
    else void this.slice.open(point);
    return true;
  }

  /** Away with what is being drawn, or else with the selection; what is neither is somebody else's Escape. */
  private leave(): boolean {
    const { selection } = this.slice;
    if (this.press !== null) this.cancel();
    else if (selection.selected.peek() > 0) selection.clear();
    else return false;
    return true;
  }

  private cancel(): void {
    this.press = null;
    this.path.value = [];
    this.pans.value = this.space;
  }

  private point(at: Point): void {
    this.pointer.value = at;
    this.crosshair.value = false;
    // A mouse moves more often than the screen is drawn.
    this.hovering ??= requestAnimationFrame(() => {
      this.hovering = undefined;
      const now = this.pointer.peek();
      if (now !== null && this.press === null) this.slice.pointing.to(this.slice.pointing.at(now));
    });
  }

  private pinch(pointer: number, at: Point): void {
    const before = this.touches.get(pointer);
    const other = [...this.touches].find(([id]) => id !== pointer)?.[1];
    const camera = this.slice.viewpoint.camera.peek();
    if (before === undefined || other === undefined || camera === null) return;
    this.touches.set(pointer, at);
    const moved = pan(camera, (at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    const factor = Math.max(distance(at, other), 1) / Math.max(distance(before, other), 1);
    const middle: Point = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
    this.slice.viewpoint.look(zoom(moved, this.slice.viewpoint.size.peek(), factor, middle));
  }

  /** The wheel belongs to the page until a person has gone into the map, or holds Ctrl (as a touchpad's pinch does). */
  private readonly onWheel = (event: WheelEvent): void => {
    const holds = event.ctrlKey || event.metaKey;
    const camera = this.slice.viewpoint.camera.peek();
    if (camera === null || !(holds || this.element.matches(":focus"))) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE;
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? PINCH_WHEEL : WHEEL));
    const steady = Math.min(Math.max(factor, 0.5), 2);
    this.slice.viewpoint.look(zoom(camera, this.slice.viewpoint.size.peek(), steady, this.pixel(event)));
  };

  private pixel(event: MouseEvent): Point {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}

/** Shift adds to the selection, Alt takes away. */
export function operationOf(event: { shiftKey: boolean; altKey: boolean }): Operation {
  return event.altKey ? "remove" : event.shiftKey ? "add" : "set";
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(ax - bx, ay - by);
}
