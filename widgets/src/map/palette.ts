import type { Colours } from "../protocol";

export type Theme = "light" | "dark";
export type Rgb = readonly [number, number, number];

/** Codes of the kernel: 0 is no value, 13 all values that are not among the twelve most frequent. */
export const NO_VALUE = 0;
export const OTHERS = 13;
export const CODES = 257;

/**
 * Twelve colours a theme, found by search: each at least 3 : 1 against the ground, none grey, and any two of them at least 0.08
 * (light) or 0.10 (dark) apart in OKLab as seen with protanopia and deuteranopia (Machado et al., 2009), and three quarters of that
 * with tritanopia. The first ones are the farthest apart.
 */
const CATEGORIES: Record<Theme, readonly string[]> = {
  light: [
    "#1f6fab",
    "#d2631a",
    "#1d9e7a",
    "#92150a",
    "#ab73fd",
    "#53347e",
    "#874f66",
    "#b33d1b",
    "#103db9",
    "#68344b",
    "#7585b9",
    "#8357e1",
  ],
  dark: [
    "#4cb2e6",
    "#fdb654",
    "#1d9e7a",
    "#8ffbfe",
    "#9267f2",
    "#4e749f",
    "#ba480d",
    "#f6600c",
    "#bffaab",
    "#76d5f4",
    "#a1d5ab",
    "#ffe939",
  ],
};

/** Viridis (van der Walt and Smith, 2015), every tenth. */
const VIRIDIS = [
  "#440154",
  "#482475",
  "#414487",
  "#355f8d",
  "#2a788e",
  "#21918c",
  "#22a884",
  "#44bf70",
  "#7ad151",
  "#bddf26",
  "#fde725",
].map(parse);

/** The stretch of viridis that is at least 3 : 1 against the ground, from low to high: what is high stands out most. */
const STRETCH: Record<Theme, readonly [number, number]> = { light: [0.58, 0], dark: [0.4, 1] };

const GREYS: Record<Theme, { none: string; others: string }> = {
  light: { none: "#98a1ab", others: "#6b7480" },
  dark: { none: "#5c6670", others: "#9aa5b1" },
};

/** The colour of a number, from low (0) to high (1). */
export function ramp(theme: Theme, share: number): Rgb {
  const [low, high] = STRETCH[theme];
  const at = Math.min(Math.max(low + (high - low) * share, 0), 1) * (VIRIDIS.length - 1);
  const before = VIRIDIS[Math.floor(at)] as Rgb;
  const after = VIRIDIS[Math.min(Math.floor(at) + 1, VIRIDIS.length - 1)] as Rgb;
  const part = at - Math.floor(at);
  const mix = (a: number, b: number) => Math.round(a + (b - a) * part);
  return [mix(before[0], after[0]), mix(before[1], after[1]), mix(before[2], after[2])];
}

/** The colour of one code. */
export function colourOf(theme: Theme, kind: Colours["kind"], code: number): Rgb {
  if (code === NO_VALUE) return parse(GREYS[theme].none);
  if (kind !== "category") return ramp(theme, (code - 1) / (CODES - 2));
  return parse(CATEGORIES[theme][code - 1] ?? GREYS[theme].others);
}

/** The colours of all codes, four bytes each; without a kind all of them are the accent. */
export function palette(theme: Theme, kind: Colours["kind"] | null, accent: Rgb): Uint8Array {
  const bytes = new Uint8Array(CODES * 4);
  for (let code = 0; code < CODES; code++) {
    bytes.set([...(kind === null ? accent : colourOf(theme, kind, code)), 255], code * 4);
  }
  return bytes;
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

export function parse(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Relative luminance (WCAG 2.2), 0 to 1. */
export function luminance(rgb: Rgb): number {
  const [red, green, blue] = rgb.map((byte) => {
    const share = byte / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
