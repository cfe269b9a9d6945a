import { h, render } from "preact";
import { expect, it } from "vitest";
import type { Shape } from "../protocol";
import { Palette } from "./palette";
import { cornerOf, outline, Shapes } from "./Shapes";

function shape(some: Partial<Shape>): Shape {
  return { field: "objects", kind: "box", value: "car", box: null, points: null, mask: "", ...some };
}

it("draws boxes, polygons and points", () => {
  expect(outline(shape({ box: [0.1, 0.2, 0.3, 0.4] }))).toBe("M0.1 0.2h0.3v0.4h-0.3z");
  const polygon = shape({ kind: "polygon", box: [0, 0, 1, 1], points: [0, 0, 1, 0, 1, 1] });
  expect(outline(polygon)).toBe("M0 0L1 0L1 1z");
  expect(outline(shape({ kind: "keypoints", points: [0.5, 0.5, 0.6, 0.7] }))).toBe("M0.5 0.5h0M0.6 0.7h0");
  expect(outline(shape({ mask: "abc" }))).toBe("");
});

it("names a shape at its top left corner, inside the picture", () => {
  expect(cornerOf(shape({ box: [0.1, 0.2, 0.3, 0.4] }))).toEqual([0.1, 0.2]);
  expect(cornerOf(shape({ points: [0.5, 0.9, -0.2, 1.1] }))).toEqual([0, 0.9]);
  expect(cornerOf(shape({ mask: "abc" }))).toBe(null);
});

it("shows values as text, and nothing of a mask but its picture", () => {
  const at = document.createElement("div");
  const shapes = [
    shape({ box: [0, 0, 1, 1], value: "<script>alert(1)</script>" }),
    shape({ mask: 'AAAA") url(evil' }),
  ];
  const frame = { left: 0, top: 0, width: 400, height: 300 };
  render(h(Shapes, { shapes, palette: new Palette(), frame }), at);
  expect(at.querySelector("script")).toBe(null);
  expect(at.querySelector("bdi")?.textContent).toBe("<script>alert(1)</script>");
  expect(at.querySelectorAll("path").length).toBe(2);
  const mask = at.querySelector(".curate-mask");
  expect(mask?.getAttribute("style") ?? "").not.toContain("evil)");
});
