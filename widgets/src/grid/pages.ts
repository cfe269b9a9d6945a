import { PAGE_ROWS, type RowInfo } from "../protocol";

/** One sample on the screen. */
export interface Tile extends RowInfo {
  /** A blob URL, or "" where there is no picture. */
  url: string;
}

/** The least recently used entries leave, and `drop` says goodbye to each. */
export class Lru<V> {
  private readonly entries = new Map<number, V>();

  constructor(
    private readonly capacity: number,
    private readonly drop: (value: V) => void,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  peek(key: number): V | undefined {
    return this.entries.get(key);
  }

  get(key: number): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) {
      this.entries.delete(key);
      this.entries.set(key, value);
    }
    return value;
  }

  set(key: number, value: V): void {
    const before = this.entries.get(key);
    this.entries.delete(key);
    this.entries.set(key, value);
    if (before !== undefined && before !== value) this.drop(before);
    for (const [oldest, old] of this.entries) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
      this.drop(old);
    }
  }

  keepOnly(keys: readonly number[]): void {
    for (const [key, value] of this.entries) {
      if (keys.includes(key)) continue;
      this.entries.delete(key);
      this.drop(value);
    }
  }

  clear(): void {
    for (const value of this.entries.values()) this.drop(value);
    this.entries.clear();
  }
}

/** Pages of 64 tiles. Their pictures are blob URLs, which the browser keeps until they are revoked. */
export class Pages {
  private readonly lru: Lru<(Tile | undefined)[]>;

  constructor(capacity = 48) {
    this.lru = new Lru(capacity, (tiles) => {
      for (const tile of tiles) if (tile?.url) URL.revokeObjectURL(tile.url);
    });
  }

  /** The tile of a row, where its page is here. */
  tile(row: number): Tile | undefined {
    return this.lru.peek(Math.floor(row / PAGE_ROWS))?.[row % PAGE_ROWS];
  }

  /** The first row of a page that is not here yet, or -1; being asked for keeps a page from leaving. */
  missing(page: number, count: number): number {
    const rows = Math.min(PAGE_ROWS, count - page * PAGE_ROWS);
    const tiles = this.lru.get(page);
    if (tiles === undefined) return page * PAGE_ROWS;
    for (let i = 0; i < rows; i++) if (tiles[i] === undefined) return page * PAGE_ROWS + i;
    return -1;
  }

  /** Take in what the kernel sent. A picture that is shown already stays, so that nothing flickers. */
  put(start: number, rows: RowInfo[], buffer: Uint8Array<ArrayBuffer>): void {
    const page = Math.floor(start / PAGE_ROWS);
    const before = this.lru.get(page) ?? [];
    const tiles = [...before];
    let offset = 0;
    for (const [i, row] of rows.entries()) {
      const at = (start % PAGE_ROWS) + i;
      const old = before[at];
      const same = old !== undefined && old.sample_id === row.sample_id && old.bytes === row.bytes;
      const picture = buffer.subarray(offset, offset + row.bytes);
      offset += row.bytes;
      if (!same && old?.url) URL.revokeObjectURL(old.url);
      const fresh = () =>
        row.bytes > 0 ? URL.createObjectURL(new Blob([picture], { type: "image/jpeg" })) : "";
      tiles[at] = { ...row, url: same ? old.url : fresh() };
    }
    // The page itself is the same list, or `set` would revoke what has just been kept.
    before.splice(0, before.length, ...tiles);
    this.lru.set(page, before);
  }

  /** Drop every page but these, which stay on the screen until they are sent again. */
  expire(kept: readonly number[]): void {
    this.lru.keepOnly(kept);
  }

  clear(): void {
    this.lru.clear();
  }
}
