import { type Camera, type Size, sight } from "./camera";
import { IN_VIEW, SELECTED } from "./masks";

/** Points are drawn in this order, each group over the one before. */
export const OUTSIDE = 0;
export const MUTED = 1;
export const INSIDE = 2;
export const PICKED = 3;
export const GROUPS = 4;

/** More points than this are thinned out where they lie on each other. */
export const THIN_FROM = 60_000;

const MOST_CROWD = 255;

/** What is known of the points; all arrays have one entry a point, `xy` two. */
export interface Scene {
  readonly xy: Float32Array;
  readonly codes: Uint16Array;
  readonly state: Uint8Array;
}

/**
 * Which points are drawn, and in which order.
 *
 * A million points on a canvas of half a million pixels cover each other. So the canvas is cut into cells of about the size of a point,
 * and of each group one point a cell is drawn, the stronger the more lie there. Software GL needs 0.3 µs a point, this needs 15 ns,
 * and how crowded a place is can be seen better than where all of them are drawn.
 */
export class Arrangement {
  /** The points to draw, group after group. */
  readonly order: Uint32Array;
  /** How many points of the same group lie where this one is drawn, one byte a point. */
  readonly crowd: Uint8Array;
  /** How many of `order` belong to each group. */
  readonly counts = new Uint32Array(GROUPS);
  /** How many points each of those that are drawn stands for, on average. */
  crowding = 1;
  private readonly slots: Uint32Array;
  private readonly groups: Uint8Array;
  private cells = new Uint32Array(0);

  constructor(private readonly scene: Scene) {
    const count = scene.state.length;
    this.order = new Uint32Array(count);
    this.crowd = new Uint8Array(count).fill(1);
    this.groups = new Uint8Array(count);
    this.slots = this.thins ? new Uint32Array(count) : new Uint32Array(0);
  }

  /** Whether what is drawn depends on the camera. */
  get thins(): boolean {
    return this.scene.state.length > THIN_FROM;
  }

  /** The states, or the code that is lifted out (null for none), have changed. */
  regroup(lifted: number | null): void {
    const { state, codes } = this.scene;
    for (let i = 0; i < state.length; i++) {
      const bits = state[i] as number;
      const shown = lifted === null || codes[i] === lifted ? INSIDE : MUTED;
      this.groups[i] = (bits & SELECTED) !== 0 ? PICKED : (bits & IN_VIEW) !== 0 ? shown : OUTSIDE;
    }
    if (!this.thins) this.sort();
  }

  /** All points, in the order of their groups. */
  private sort(): void {
    this.counts.fill(0);
    for (const group of this.groups) this.counts[group] = (this.counts[group] as number) + 1;
    const next = new Uint32Array(GROUPS);
    for (let group = 1; group < GROUPS; group++)
      next[group] = (next[group - 1] as number) + (this.counts[group - 1] as number);
    for (let i = 0; i < this.groups.length; i++) {
      const group = this.groups[i] as number;
      const at = next[group] as number;
      this.order[at] = i;
      next[group] = at + 1;
    }
  }

  /**
   * One point a cell and group, of those in sight.
   *
   * @param cell the width of a cell in CSS pixels.
   */
  thin(camera: Camera, size: Size, cell: number): void {
    const { xy } = this.scene;
    const { groups, order, crowd, slots, counts } = this;
    const [across, down] = [cell / (camera.scale * camera.stretch), cell / camera.scale];
    const [left, bottom, right, top] = sight(camera, size);
    // The cells belong to the map and not to the canvas, so that nothing flickers while it is moved.
    const firstColumn = Math.floor(left / across) - 1;
    const firstRow = Math.floor(bottom / down) - 1;
    const columns = Math.floor(right / across) + 2 - firstColumn;
    const rows = Math.floor(top / down) + 2 - firstRow;
    const wanted = columns * rows * GROUPS;
    if (this.cells.length < wanted) this.cells = new Uint32Array(wanted);
    else this.cells.fill(0, 0, wanted);
    const cells = this.cells;
    counts.fill(0);
    let drawn = 0;
    let inSight = 0;
    for (let i = 0; i < groups.length; i++) {
      const column = (xy[2 * i] as number) / across - firstColumn;
      const row = (xy[2 * i + 1] as number) / down - firstRow;
      if (!(column >= 0 && row >= 0 && column < columns && row < rows)) continue;
      inSight++;
      const group = groups[i] as number;
      const slot = ((row | 0) * columns + (column | 0)) * GROUPS + group;
      const before = cells[slot] as number;
      cells[slot] = before + 1;
      if (before !== 0) continue;
      slots[drawn] = slot;
      order[drawn] = i;
      drawn++;
      counts[group] = (counts[group] as number) + 1;
    }
    this.crowding = inSight / Math.max(drawn, 1);
    this.gather(drawn);
    for (let at = 0; at < drawn; at++) {
      const point = order[at] as number;
      crowd[point] = Math.min(cells[slots[at] as number] as number, MOST_CROWD);
    }
  }

  /** Bring the first points of `order`, and the slots that go with them, into the order of the groups. */
  private gather(drawn: number): void {
    const points = this.order.slice(0, drawn);
    const slots = this.slots.slice(0, drawn);
    const next = new Uint32Array(GROUPS);
    for (let group = 1; group < GROUPS; group++)
      next[group] = (next[group - 1] as number) + (this.counts[group - 1] as number);
    for (let i = 0; i < drawn; i++) {
      const group = this.groups[points[i] as number] as number;
      const at = next[group] as number;
      next[group] = at + 1;
      this.order[at] = points[i] as number;
      this.slots[at] = slots[i] as number;
    }
  }
}
