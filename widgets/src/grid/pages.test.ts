import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RowInfo } from "../protocol";
import { Lru, Pages } from "./pages";

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
  return Array.from({ length: count }, (_, i) => ({
    sample_id: String(start + i),
    name: "",
    status: "ok",
    error: "",
    score: null,
    badges: [],
    shapes: [],
    width: 1,
    height: 1,
    bytes,
  }));
}

it("drops the least recently used", () => {
  const dropped: string[] = [];
  const lru = new Lru<string>(2, (value) => dropped.push(value));
  lru.set(1, "a");
  lru.set(2, "b");
  lru.get(1);
  lru.set(3, "c");
  expect(dropped).toEqual(["b"]);
  lru.set(1, "d");
  expect(dropped).toEqual(["b", "a"]);
});

it("revokes the pictures of pages that leave", () => {
  const pages = new Pages(2);
  for (const page of [0, 1, 2, 3]) pages.put(page * 64, rows(page * 64, 64), new Uint8Array(128));
  expect(alive.size).toBe(128);
  expect(pages.tile(0)).toBeUndefined();
  expect(pages.tile(3 * 64 + 5)?.sample_id).toBe(String(3 * 64 + 5));
  pages.expire([3]);
  expect(alive.size).toBe(64);
  pages.clear();
  expect(alive.size).toBe(0);
});

it("keeps a picture that is sent again, and replaces one that has changed", () => {
  const pages = new Pages();
  pages.put(0, rows(0, 2), new Uint8Array(4));
  const [first, second] = [pages.tile(0)?.url, pages.tile(1)?.url];
  const again = rows(0, 2).map((row): RowInfo => ({ ...row, badges: [{ kind: "tag", text: "night" }] }));
  again[1] = { ...(again[1] as RowInfo), sample_id: "77" };
  pages.put(0, again, new Uint8Array(4));
  expect(pages.tile(0)?.url).toBe(first);
  expect(pages.tile(0)?.badges[0]?.text).toBe("night");
  expect(pages.tile(1)?.url).not.toBe(second);
  expect(alive.size).toBe(2);
});

it("knows what of a page is missing when it came in parts", () => {
  const pages = new Pages();
  expect(pages.missing(0, 100)).toBe(0);
  pages.put(0, rows(0, 40), new Uint8Array(80));
  expect(pages.missing(0, 100)).toBe(40);
  pages.put(40, rows(40, 24, 0), new Uint8Array(0));
  expect(pages.missing(0, 100)).toBe(-1);
  expect(pages.tile(40)?.url).toBe("");
  pages.put(64, rows(64, 36), new Uint8Array(72));
  expect(pages.missing(1, 100)).toBe(-1);
});
