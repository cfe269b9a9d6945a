import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RpcClient } from "../rpc/client";
import { PointTiles } from "./tiles";

let made = 0;
let alive: Set<string>;

beforeEach(() => {
  alive = new Set();
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
    const url = `blob:${made++}`;
    alive.add(url);
    return url;
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => void alive.delete(url));
});

afterEach(() => vi.restoreAllMocks());

const never = new AbortController().signal;

/** Answers as the kernel does: a tile of three bytes for each point, none for points past 1,000. */
function kernel(): { rpc: RpcClient; asked: number[] } {
  const asked: number[] = [];
  const request = async (_type: string, body: { points: number[] }) => {
    asked.push(...body.points);
    const tiles = body.points
      .filter((point) => point < 1000)
      .map((point) => ({ sample_id: `${point}`, bytes: 3 }));
    return { reply: { tiles }, buffer: new Uint8Array(3) };
  };
  return { rpc: { request } as unknown as RpcClient, asked };
}

it("asks once for a point, and revokes the picture of the one that leaves", async () => {
  const { rpc, asked } = kernel();
  const tiles = new PointTiles(rpc, 3);
  for (const point of [1, 2, 3, 1, 4]) await tiles.load(point, never);
  expect(asked).toEqual([1, 2, 3, 4]);
  expect(tiles.get(2)).toBeUndefined();
  expect(tiles.get(1)?.sample_id).toBe("1");
  expect(alive.size).toBe(3);
  tiles.clear();
  expect(alive.size).toBe(0);
});

it("keeps nothing of what was no longer wanted when it came, or is not there", async () => {
  const { rpc } = kernel();
  const tiles = new PointTiles(rpc, 3);
  const abort = new AbortController();
  const loading = tiles.load(5, abort.signal);
  abort.abort();
  await expect(loading).rejects.toThrow("gone");
  await expect(tiles.load(5000, never)).rejects.toThrow("gone");
  expect(alive.size).toBe(0);
});

it("makes one picture of two answers for one point", async () => {
  const { rpc } = kernel();
  const tiles = new PointTiles(rpc, 3);
  await Promise.all([tiles.load(7, never), tiles.load(7, never)]);
  expect(alive.size).toBe(1);
});
