import { expect, it } from "vitest";
import { TOP } from "./arithmetic";
import { Places, placeKey } from "./places";

const asked = { python: "ds", sort: null, descending: false, group: null };

it("comes back to where it was, inside of what is there now", () => {
  const places = new Places();
  expect(places.find("a", 100)).toEqual({ top: TOP, active: 0 });
  places.leave("a", { top: { row: 40, into: 0.5 }, active: 52 });
  expect(places.find("a", 100)).toEqual({ top: { row: 40, into: 0.5 }, active: 52 });
  expect(places.find("a", 50)).toEqual({ top: { row: 40, into: 0.5 }, active: 49 });
  expect(places.find("a", 20).top).toEqual({ row: 19, into: 0 });
  expect(places.find("a", 0)).toEqual({ top: TOP, active: 0 });
});

it("forgets the oldest", () => {
  const places = new Places();
  for (let i = 0; i < 30; i++) places.leave(String(i), { top: { row: i, into: 0 }, active: i });
  expect(places.find("9", 100).top.row).toBe(0);
  expect(places.find("10", 100).top.row).toBe(10);
});

it("tells queries, orders and groups apart", () => {
  const keys = [asked, { ...asked, python: "x" }, { ...asked, sort: "a" }, { ...asked, descending: true }];
  expect(new Set(keys.map(placeKey)).size).toBe(4);
  expect(placeKey({ ...asked, group: "a" })).not.toBe(placeKey({ ...asked, sort: "a" }));
});
