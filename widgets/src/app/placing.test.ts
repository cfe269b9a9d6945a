import { expect, it } from "vitest";
import { MARGIN, placed } from "./placing";

const WINDOW = { width: 800, height: 600 };
const button = (left: number, top: number) => ({ left, top, right: left + 60, bottom: top + 28 });

it("opens below, in line with the edge that was asked for", () => {
  expect(placed(button(100, 50), { width: 200, height: 100 }, WINDOW, "start")).toMatchObject({
    left: 100,
    top: 82,
  });
  expect(placed(button(300, 50), { width: 200, height: 100 }, WINDOW, "end").left).toBe(160);
});

it("opens above where there is more room", () => {
  const { top } = placed(button(100, 550), { width: 200, height: 300 }, WINDOW, "start");
  expect(top + 300).toBeLessThanOrEqual(550);
});

it.each([0, 300, 570, 780])("stays inside the window at %i", (at) => {
  for (const align of ["start", "end"] as const) {
    const { left, top, maxHeight } = placed(button(at, at), { width: 300, height: 900 }, WINDOW, align);
    expect(left).toBeGreaterThanOrEqual(MARGIN);
    expect(left + 300).toBeLessThanOrEqual(WINDOW.width - MARGIN);
    expect(top).toBeGreaterThanOrEqual(MARGIN);
    expect(top + Math.min(900, maxHeight)).toBeLessThanOrEqual(WINDOW.height - MARGIN);
  }
});
