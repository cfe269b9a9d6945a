import type { RowInfo } from "../protocol";

/** One sample on the screen. */
export interface Tile extends RowInfo {
  /** A blob URL, or "" where there is no picture. */
  url: string;
  /** What version of the view it was sent for. */
  version: number;
  /** Its shapes were asked for, too. */
  shaped: boolean;
  /** It was here before the rows changed: something to look at until the sample that belongs here has come. */
  former: boolean;
}

/**
 * Tiles by row. Their pictures are blob URLs, which the browser keeps until they are revoked, so the least recently wanted
 * leave past `capacity`.
 */
export class Tiles {
  private readonly tiles = new Map<number, Tile>();

  constructor(private readonly capacity = 3000) {}

  get size(): number {
    return this.tiles.size;
  }

  get(row: number): Tile | undefined {
    return this.tiles.get(row);
  }

  /** The parts of `[start, stop)` that are not here as of a version, or not with the shapes that are wanted. */
  missing(start: number, stop: number, version: number, shaped: boolean): [number, number][] {
    const found: [number, number][] = [];
    for (let row = start; row < stop; row++) {
      const tile = this.tiles.get(row);
      if (tile?.version === version && (tile.shaped || !shaped)) continue;
      const last = found.at(-1);
      if (last?.[1] === row) last[1] = row + 1;
      else found.push([row, row + 1]);
    }
    return found;
  }

  /** These rows are wanted: they leave last. */
  touch(start: number, stop: number): void {
    for (let row = start; row < stop; row++) {
      const tile = this.tiles.get(row);
      if (tile === undefined) continue;
      this.tiles.delete(row);
      this.tiles.set(row, tile);
    }
  }

  /** Take in what the kernel sent. A picture that is shown already stays, so that nothing flickers. */
  put(
    sent: { version: number; shaped: boolean },
    start: number,
    rows: readonly RowInfo[],
    buffer: Uint8Array<ArrayBuffer>,
  ): void {
    let offset = 0;
    for (const [i, row] of rows.entries()) {
      const old = this.tiles.get(start + i);
      const same = old !== undefined && old.sample_id === row.sample_id && old.bytes === row.bytes;
      const picture = buffer.subarray(offset, offset + row.bytes);
      offset += row.bytes;
      let url = "";
      if (same) url = old.url;
      else {
        if (old?.url) URL.revokeObjectURL(old.url);
        if (row.bytes > 0) url = URL.createObjectURL(new Blob([picture], { type: "image/jpeg" }));
      }
      this.tiles.delete(start + i);
      this.tiles.set(start + i, { ...row, ...sent, url, former: false });
    }
    for (const row of this.tiles.keys()) {
      if (this.tiles.size <= this.capacity) break;
      this.drop(row);
    }
  }

  /** The rows have become others: what stood in `[start, stop)` stays to be seen from `to` on, everything else leaves. */
  succeed(start: number, stop: number, to: number, count: number): void {
    const kept: Tile[] = [];
    for (let row = start; row < stop && to + row - start < count; row++) {
      const tile = this.tiles.get(row);
      if (tile === undefined) continue;
      this.tiles.delete(row);
      kept[row - start] = { ...tile, version: -1, former: true };
    }
    this.clear();
    kept.forEach((tile, i) => {
      this.tiles.set(to + i, tile);
    });
  }

  /** Nothing came in place of what was here before: it leaves. Gives back whether there was any. */
  forgetFormer(): boolean {
    const before = this.tiles.size;
    for (const [row, tile] of this.tiles) if (tile.former) this.drop(row);
    return this.tiles.size < before;
  }

  clear(): void {
    for (const row of this.tiles.keys()) this.drop(row);
  }

  private drop(row: number): void {
    const url = this.tiles.get(row)?.url;
    if (url) URL.revokeObjectURL(url);
    this.tiles.delete(row);
  }
}
