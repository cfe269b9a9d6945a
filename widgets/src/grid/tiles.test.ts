import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RowInfo } from "../protocol";
import { tile } from "../store/testing";
import { Tiles } from "./tiles";

let alive: Set<string>;

beforeEach(() => {
  alive = new Set();
  let made = 0;
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => {
    const url = `blob:${made++}`;
    alive.add(url);
    return url;
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => {
    expect(alive.delete(url)).toBe(true);
  });
});

afterEach(() => vi.restoreAllMocks());

function rows(start: number, count: number, bytes = 2): RowInfo[] {
  return Array.from({ length: count }, (_, i) => ({ ...tile(start + i), bytes }));
}

const version = (number: number, shaped = false) => ({ version: number, shaped });
const pictures = (count: number) => new Uint8Array(2 * count);

it("revokes the pictures of the tiles that were wanted longest ago", () => {
  const tiles = new Tiles(100);
  tiles.put(version(1), 0, rows(0, 60), pictures(60));
  tiles.put(version(1), 500, rows(500, 40), pictures(40));
  tiles.touch(0, 10);
  tiles.put(version(1), 1000, rows(1000, 50), pictures(50));
  expect(tiles.size).toBe(100);
  expect(alive.size).toBe(100);
  expect(tiles.get(9)?.sample_id).toBe("9");
  expect(tiles.get(10)).toBeUndefined();
  expect(tiles.get(1049)?.sample_id).toBe("1049");
  tiles.clear();
  expect(alive.size).toBe(0);
});

it("keeps a picture that is sent again, and replaces one that has changed", () => {
  const tiles = new Tiles();
  tiles.put(version(1), 0, rows(0, 2), pictures(2));
  const [first, second] = [tiles.get(0)?.url, tiles.get(1)?.url];
  const again = rows(0, 2).map((row) => ({ ...row, name: "again" }));
  again[1] = { ...(again[1] as RowInfo), sample_id: "77" };
  tiles.put(version(2), 0, again, pictures(2));
  expect(tiles.get(0)?.url).toBe(first);
  expect(tiles.get(0)?.name).toBe("again");
  expect(tiles.get(1)?.url).not.toBe(second);
  expect(alive.size).toBe(2);
});

it("knows what is missing, and what is of an older version", () => {
  const tiles = new Tiles();
  expect(tiles.missing(0, 3, 1, false)).toEqual([[0, 3]]);
  tiles.put(version(1), 2, rows(2, 3), pictures(3));
  expect(tiles.missing(0, 10, 1, false)).toEqual([
    [0, 2],
    [5, 10],
  ]);
  expect(tiles.missing(2, 5, 1, false)).toEqual([]);
  expect(tiles.missing(2, 5, 2, false)).toEqual([[2, 5]]);
  expect(tiles.get(3)?.sample_id).toBe("3");
  expect(tiles.missing(2, 5, 1, true)).toEqual([[2, 5]]);
  tiles.put(version(1, true), 2, rows(2, 3), pictures(3));
  expect(tiles.missing(2, 5, 1, true)).toEqual([]);
  expect(tiles.missing(2, 5, 1, false)).toEqual([]);
});

it("shows what stood in the same places until others come", () => {
  const tiles = new Tiles();
  tiles.put(version(1), 0, rows(0, 64), pictures(64));
  tiles.succeed(32, 48, 0, 10);
  expect(tiles.size).toBe(10);
  expect(alive.size).toBe(10);
  expect(tiles.get(0)).toMatchObject({ sample_id: "32", former: true });
  expect(tiles.missing(0, 10, 2, false)).toEqual([[0, 10]]);
  const url = tiles.get(1)?.url;
  tiles.put(version(2), 0, rows(32, 4), pictures(4));
  expect(tiles.get(1)).toMatchObject({ url, former: false });
  expect(tiles.forgetFormer()).toBe(true);
  expect(tiles.size).toBe(4);
  expect(alive.size).toBe(4);
  expect(tiles.forgetFormer()).toBe(false);
});

it("has no address for a tile without a picture", () => {
  const tiles = new Tiles();
  tiles.put(version(1), 0, [...rows(0, 1, 0), ...rows(1, 1)], pictures(1));
  expect(tiles.get(0)?.url).toBe("");
  expect(tiles.get(1)?.url).not.toBe("");
});
