import { batch, signal } from "@preact/signals";
import type { Core } from "../store/core";
import type { Scene } from "./arrangement";
import { type Point, toMap } from "./camera";
import { PickingGrid } from "./picking";
import { type PointTile, PointTiles } from "./tiles";
import type { Viewpoint } from "./viewpoint";

/** A point is hit from this far, in CSS pixels. */
const REACH = 10;
const MOMENT_MS = 70;

/** What is pointed at, and its picture. */
export class Pointing {
  /** The point, or -1. */
  readonly point = signal(-1);
  readonly tile = signal<PointTile | null>(null);
  private scene: Scene | null = null;
  private grid: PickingGrid | null = null;
  private readonly tiles: PointTiles;
  private abort: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly core: Core,
    private readonly viewpoint: Viewpoint,
  ) {
    this.tiles = new PointTiles(core.rpc);
  }

  dispose(): void {
    this.reset(null);
  }

  /** Other points: all of them have come, or (null) they are on their way. */
  reset(scene: Scene | null): void {
    this.to(-1);
    this.tiles.clear();
    this.scene = scene;
    this.grid = null;
  }

  /** The point at a pixel, or -1. */
  at(pixel: Point, reach = REACH): number {
    const { scene, viewpoint } = this;
    const camera = viewpoint.camera.peek();
    if (scene === null || camera === null) return -1;
    this.grid ??= new PickingGrid(scene.xy);
    const [x, y] = toMap(camera, viewpoint.size.peek(), pixel);
    return this.grid.nearest(x, y, reach / camera.scale, scene.state, camera.stretch);
  }

  placeOf(point: number): Point | null {
    if (this.scene === null || point < 0) return null;
    return [this.scene.xy[2 * point] as number, this.scene.xy[2 * point + 1] as number];
  }

  /** A point is pointed at (-1: none is any more): its picture comes after a moment. */
  to(point: number): void {
    if (point === this.point.peek()) return;
    clearTimeout(this.timer);
    this.abort?.abort();
    const known = point < 0 ? undefined : this.tiles.get(point);
    batch(() => {
      this.point.value = point;
      this.tile.value = known ?? null;
    });
    if (point < 0 || known !== undefined) return;
    const abort = new AbortController();
    this.abort = abort;
    this.timer = setTimeout(() => {
      this.tiles.load(point, abort.signal).then(
        (tile) => {
          if (this.point.peek() === point) this.tile.value = tile;
        },
        (error) => this.core.fail(error, null),
      );
    }, MOMENT_MS);
  }

  /** The sample of a point; null where the kernel does not say. */
  async sampleOf(point: number): Promise<string | null> {
    try {
      return (await this.tiles.load(point, new AbortController().signal)).sample_id;
    } catch (error) {
      this.core.fail(error, null);
      return null;
    }
  }
}
