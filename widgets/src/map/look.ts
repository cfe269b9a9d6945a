import type { Size } from "./camera";
import { parse, type Rgb, type Theme } from "./palette";
import type { Look } from "./renderer";

/** The colours of the notebook's theme, as the page computes them. */
export interface Tones {
  readonly theme: Theme;
  readonly accent: Rgb;
  readonly ground: Rgb;
  readonly ink: Rgb;
}

/** So many times the usual crowd is as strong as any. */
const MANY = 4;
const LARGEST = 14;
const SMALLEST = 2;

/** The grey of what is outside the view. */
export function outside(theme: Theme): Rgb {
  return parse(theme === "light" ? "#8d97a3" : "#7a8692");
}

/** A pane of this many square pixels has points of the usual size. */
const USUAL_AREA = 420_000;

/** The width of a point in CSS pixels: larger where there are few or much room, and growing as one comes closer. */
export function pointSize(points: number, size: Size, closer: number): number {
  const room = Math.min(Math.max(Math.sqrt((size.width * size.height) / USUAL_AREA), 0.8), 1.25);
  const few = (9.5 - 1.3 * Math.log10(Math.max(points, 10))) * room;
  return Math.min(Math.max(few, SMALLEST) * Math.max(closer, 1) ** 0.3, LARGEST);
}

/**
 * How points look.
 *
 * @param points how many there are.
 * @param size of the canvas.
 * @param closer how many times closer than all of the map.
 * @param crowding how many points each one that is drawn stands for, on average.
 * @param emphasis whether some are outside the view, so that the others have to stand out.
 */
export function look(
  tones: Tones,
  points: number,
  size: Size,
  closer: number,
  crowding: number,
  emphasis: boolean,
): Look {
  // One alone shows less the more there are: a few on each other are then as strong as they can be.
  const share = 1 / (1 + Math.log(Math.max(crowding, 1)));
  const opacity = (alone: number, many: number) => [alone * (0.35 + 0.65 * share), many] as const;
  return {
    size: pointSize(points, size, closer),
    opacity: {
      outside: emphasis ? opacity(0.3, 0.46) : opacity(0.3, 0.4),
      muted: opacity(0.2, 0.3),
      inside: opacity(0.88, 0.97),
    },
    crowd: MANY * Math.max(crowding, 1),
    outside: outside(tones.theme),
    outline: tones.ink,
    outlineWidth: 1.5,
  };
}

/** Reads the theme from an element whose colour is the accent, background the ground, and outline the ink. */
export function readTones(probe: Element): Tones {
  const { color, backgroundColor, outlineColor } = getComputedStyle(probe);
  const ground = rgbOf(backgroundColor);
  const ink = rgbOf(outlineColor);
  const bright = (rgb: Rgb) => rgb[0] + rgb[1] + rgb[2];
  return { theme: bright(ground) < bright(ink) ? "dark" : "light", accent: rgbOf(color), ground, ink };
}

/** Any CSS colour in bytes: a page computes mixed colours in notations of their own, and a canvas knows them all. */
function rgbOf(colour: string): Rgb {
  const canvas = document.createElement("canvas");
  canvas.width = 1;
  canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return [128, 128, 128];
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red ?? 0, green ?? 0, blue ?? 0];
}
