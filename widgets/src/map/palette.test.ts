import { describe, expect, it } from "vitest";
import {
  CODES,
  colourOf,
  luminance,
  NO_VALUE,
  OTHERS,
  palette,
  parse,
  type Rgb,
  ramp,
  type Theme,
} from "./palette";

/** JupyterLab's grounds, and the darkest and lightest of VS Code's own themes. */
const GROUNDS: Record<Theme, string[]> = { light: ["#ffffff"], dark: ["#111111", "#1e1e1e"] };
const THEMES: Theme[] = ["light", "dark"];

/** Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB. */
const DEFICIENCIES: Record<string, number[][]> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};

function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function linear(rgb: Rgb): number[] {
  return rgb.map((byte) => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
}

function times(matrix: number[][], vector: number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0));
}

/** OKLab (Ottosson, 2020) of what somebody sees. */
function seen(rgb: Rgb, deficiency: number[][]): number[] {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    times(deficiency, linear(rgb)).map((value) => Math.min(Math.max(value, 0), 1)),
  );
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones.map(Math.cbrt),
  );
}

describe.each(THEMES)("on %s", (theme) => {
  const codes = Array.from({ length: 13 }, (_, i) => i + 1);

  it("every category stands out from the ground", () => {
    for (const ground of GROUNDS[theme])
      for (const code of codes)
        expect(contrast(colourOf(theme, "category", code), parse(ground))).toBeGreaterThan(3);
  });

  it("every number stands out from the ground, and higher ones more", () => {
    const ground = parse(GROUNDS[theme][0] as string);
    const contrasts = Array.from({ length: 11 }, (_, i) => contrast(ramp(theme, i / 10), ground));
    expect(Math.min(...contrasts)).toBeGreaterThan(2.9);
    expect(contrasts).toEqual([...contrasts].sort((a, b) => a - b));
  });

  it.each(Object.entries(DEFICIENCIES))("categories differ with %s", (_name, deficiency) => {
    const colours = codes.slice(0, 12).map((code) => seen(colourOf(theme, "category", code), deficiency));
    for (const [i, one] of colours.entries())
      for (const other of colours.slice(0, i))
        expect(Math.hypot(...one.map((value, at) => value - (other[at] ?? 0)))).toBeGreaterThan(0.065);
  });

  it("others and no value are grey", () => {
    for (const code of [NO_VALUE, OTHERS]) {
      const colour = colourOf(theme, "category", code);
      expect(Math.max(...colour) - Math.min(...colour)).toBeLessThan(30);
    }
  });
});

it("has a colour for each code, and without a column the accent for all", () => {
  const numbers = palette("dark", "number", [1, 2, 3]);
  expect(numbers.length).toBe(CODES * 4);
  expect([...numbers.slice(4, 7)]).toEqual([...ramp("dark", 0)]);
  expect([...numbers.slice(-4)]).toEqual([...ramp("dark", 1), 255]);
  const plain = palette("light", null, [9, 8, 7]);
  expect([...plain.slice(0, 4), ...plain.slice(-4)]).toEqual([9, 8, 7, 255, 9, 8, 7, 255]);
});
