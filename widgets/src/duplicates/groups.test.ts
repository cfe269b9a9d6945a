import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { changed, following, groupsOf, merged, near } from "./groups";
import { groupsFrom } from "./testing";

let made = 0;

beforeEach(() => {
  made = 0;
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => `blob:${made++}`);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Groups whose members have pictures of one byte each. */
function pictured(start: number, count: number) {
  const reply = groupsFrom(start, count);
  const groups = reply.groups.map((one) => ({
    ...one,
    members: one.members.map((member) => ({ ...member, tile: { ...member.tile, bytes: 1 } })),
  }));
  return groupsOf({ ...reply, client: "", id: 0, groups }, new Uint8Array(3 * count));
}

it("gives every member its own picture out of the buffer", () => {
  const groups = pictured(4, 2);
  expect([...groups.keys()]).toEqual([4, 5]);
  const urls = [...groups.values()].flatMap(({ members }) => members.map(({ url }) => url));
  expect(urls).toEqual(["blob:0", "blob:1", "blob:2", "blob:3", "blob:4", "blob:5"]);
});

it("keeps the pictures that are on the screen when a group comes again, and gives the others back", () => {
  const before = pictured(0, 1);
  const { groups, left } = merged(before, pictured(0, 2));
  expect(groups.get(0)?.members.map(({ url }) => url)).toEqual(["blob:0", "blob:1", "blob:2"]);
  expect(left).toEqual(["blob:3", "blob:4", "blob:5"]);
  expect(groups.size).toBe(2);
});

it("lets go of what is far away", () => {
  const { groups, left } = near(pictured(0, 5), 4, 2);
  expect([...groups.keys()]).toEqual([2, 3, 4]);
  expect(left).toHaveLength(6);
});

it("goes on to the next group without a verdict, and behind the last where all have one", () => {
  let groups = merged(new Map(), pictured(0, 4)).groups;
  groups = changed(changed(groups, 1, { state: "accepted" }), 2, { state: "distinct" });
  expect(following(groups, 0, 10)).toBe(3);
  // of what has not come nobody knows yet
  expect(following(groups, 3, 10)).toBe(4);
  expect(following(changed(groups, 3, { state: "accepted" }), 0, 4)).toBe(4);
});
