import type { RowInfo } from "../protocol";
import type { RpcClient } from "../rpc/client";

/** One point's sample on the screen. */
export interface PointTile extends RowInfo {
  /** A blob URL, or "" where there is no picture. */
  url: string;
}

/** The tiles of points that were pointed at. The oldest leave, and their blob URLs with them. */
export class PointTiles {
  private readonly tiles = new Map<number, PointTile>();

  constructor(
    private readonly rpc: RpcClient,
    private readonly capacity = 128,
  ) {}

  get(point: number): PointTile | undefined {
    return this.tiles.get(point);
  }

  /** @throws KernelError, or AbortError where it was no longer wanted. */
  async load(point: number, abort: AbortSignal): Promise<PointTile> {
    const known = this.tiles.get(point);
    if (known !== undefined) {
      this.tiles.delete(point);
      this.tiles.set(point, known);
      return known;
    }
    const { reply, buffer } = await this.rpc.request("get_tiles", { points: [point] }, abort);
    const row = reply.tiles[0];
    if (row === undefined || abort.aborted) throw new DOMException("gone", "AbortError");
    const url = row.bytes > 0 ? URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" })) : "";
    const tile = { ...row, url };
    this.drop(point);
    this.tiles.set(point, tile);
    for (const oldest of this.tiles.keys()) {
      if (this.tiles.size <= this.capacity) break;
      this.drop(oldest);
    }
    return tile;
  }

  clear(): void {
    for (const point of this.tiles.keys()) this.drop(point);
  }

  private drop(point: number): void {
    const url = this.tiles.get(point)?.url;
    if (url) URL.revokeObjectURL(url);
    this.tiles.delete(point);
  }
}
