import { expect, it } from "vitest";
import type { Badge } from "../protocol";
import { fitting, framed, named } from "./placement";

const TILE = { width: 160, height: 120 };

it("shows a picture whole, or fills the tile, in the middle and undistorted", () => {
  for (const picture of [
    { width: 100, height: 300 },
    { width: 1920, height: 1080 },
    { width: 4, height: 3 },
  ]) {
    for (const cropped of [false, true]) {
      const frame = framed(picture, TILE, cropped);
      expect(frame.width / frame.height).toBeCloseTo(picture.width / picture.height);
      expect(frame.left * 2 + frame.width).toBeCloseTo(TILE.width);
      expect(frame.top * 2 + frame.height).toBeCloseTo(TILE.height);
      const inside = frame.left >= -1e-9 && frame.top >= -1e-9;
      expect(inside || cropped).toBe(true);
      const touches = [frame.left, frame.top].some((edge) => Math.abs(edge) < 1e-9);
      expect(touches).toBe(true);
      if (cropped) expect(frame.left <= 1e-9 && frame.top <= 1e-9).toBe(true);
    }
  }
  expect(framed({ width: 0, height: 0 }, TILE, false)).toEqual({ left: 0, top: 0, ...TILE });
});

const badge = (text: string, kind: Badge["kind"] = "tag"): Badge => ({ kind, text });

it("has no badges on small tiles, and as many as there is room for on others", () => {
  const badges = [badge("night-hail"), badge("reviewed"), badge("hail", "label")];
  expect(fitting(badges, 90, { scored: false, dotted: false })).toEqual({ shown: [], more: 0 });
  expect(fitting(badges, 100, { scored: true, dotted: false })).toEqual({
    shown: badges.slice(0, 1),
    more: 2,
  });
  expect(fitting(badges, 400, { scored: true, dotted: false })).toEqual({ shown: badges, more: 0 });
  for (let width = 96; width < 400; width += 4) {
    const { shown, more } = fitting(badges, width, { scored: true, dotted: false });
    expect(shown.length + more).toBe(3);
  }
});

it("puts what is wrong first, and counts what the kernel left out", () => {
  const badges = [badge("a"), badge("b", "label"), badge("corrupt", "issue"), badge("+3", "label")];
  const { shown, more } = fitting(badges, 110, { scored: false, dotted: false });
  expect(shown[0]?.text).toBe("corrupt");
  expect(shown.length + more).toBe(6);
});

it("names what is wide enough for its name", () => {
  expect(named("car", 40)).toBe(true);
  expect(named("car", 12)).toBe(false);
  expect(named("", 400)).toBe(false);
});
