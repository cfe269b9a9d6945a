/**
 * Where the map is looked at from: its point in the middle, and how many CSS pixels one of its units takes downwards. Across it
 * takes `stretch` times as many: the axes of a map mean nothing, and a wide pane is filled. y goes up.
 */
export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly stretch: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** x and y of the low corner, then of the high one. */
export type Box = readonly [number, number, number, number];

export type Point = readonly [number, number];

/** How much closer than the whole map one can get: float32 positions stay exact to a tenth of a pixel. */
const CLOSEST = 1000;
const FARTHEST = 0.5;
const MOST_STRETCH = 1.8;
/** Room in pixels that nothing is fitted into: the tools are on the right, the legend is below. */
export const MARGINS = { top: 20, right: 52, bottom: 48, left: 20 };

/**
 * The camera that shows all of a box inside the margins.
 *
 * @param stretch of the camera; without one, it fills the canvas as far as that does not distort too much.
 */
export function fit(box: Box, size: Size, stretch?: number): Camera {
  const [left, bottom, right, top] = box;
  // A box without an extent is one place: any scale shows it.
  const across = Math.max(size.width - MARGINS.left - MARGINS.right, 1) / Math.max(right - left, 1e-6);
  const down = Math.max(size.height - MARGINS.top - MARGINS.bottom, 1) / Math.max(top - bottom, 1e-6);
  const wide = stretch ?? Math.min(Math.max(across / down, 1 / MOST_STRETCH), MOST_STRETCH);
  const scale = Math.min(across / wide, down);
  return {
    x: (left + right) / 2 + (MARGINS.right - MARGINS.left) / 2 / (scale * wide),
    y: (bottom + top) / 2 - (MARGINS.bottom - MARGINS.top) / 2 / scale,
    scale,
    stretch: wide,
  };
}

/** The camera, no closer and no farther than makes sense for a map that `whole` shows all of. */
export function limit(camera: Camera, whole: Camera, size: Size): Camera {
  const scale = Math.min(Math.max(camera.scale, whole.scale * FARTHEST), whole.scale * CLOSEST);
  // The middle stays over the map, so that nobody gets lost beside it.
  const reach = { x: size.width / 2 / (whole.scale * whole.stretch), y: size.height / 2 / whole.scale };
  const x = Math.min(Math.max(camera.x, whole.x - reach.x), whole.x + reach.x);
  const y = Math.min(Math.max(camera.y, whole.y - reach.y), whole.y + reach.y);
  return { x, y, scale, stretch: whole.stretch };
}

/** Pixels from the top left corner. */
export function toScreen(camera: Camera, size: Size, [x, y]: Point): Point {
  return [
    (x - camera.x) * camera.scale * camera.stretch + size.width / 2,
    (camera.y - y) * camera.scale + size.height / 2,
  ];
}

export function toMap(camera: Camera, size: Size, [x, y]: Point): Point {
  return [
    (x - size.width / 2) / (camera.scale * camera.stretch) + camera.x,
    (size.height / 2 - y) / camera.scale + camera.y,
  ];
}

/** Follow a drag by so many pixels. */
export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / (camera.scale * camera.stretch), y: camera.y + dy / camera.scale };
}

/** Closer by a factor; what is under the pixel `at` stays there. */
export function zoom(camera: Camera, size: Size, factor: number, at: Point): Camera {
  const [x, y] = toMap(camera, size, at);
  return {
    ...camera,
    x: x + (camera.x - x) / factor,
    y: y + (camera.y - y) / factor,
    scale: camera.scale * factor,
  };
}

/** What the camera sees. */
export function sight(camera: Camera, size: Size): Box {
  const [left, bottom] = toMap(camera, size, [0, size.height]);
  const [right, top] = toMap(camera, size, [size.width, 0]);
  return [left, bottom, right, top];
}

/** The way from one camera to another at `share` of it: the scale in equal ratios, the middle so that it goes straight. */
export function between(from: Camera, to: Camera, share: number): Camera {
  if (share >= 1) return to;
  const scale = from.scale * (to.scale / from.scale) ** share;
  const ratio = to.scale / from.scale;
  const along = Math.abs(ratio - 1) < 1e-3 ? share : (1 - from.scale / scale) / (1 - 1 / ratio);
  return {
    x: from.x + (to.x - from.x) * along,
    y: from.y + (to.y - from.y) * along,
    scale,
    stretch: to.stretch,
  };
}

/** The corners of a box as a polygon. */
export function corners([left, bottom, right, top]: Box): [number, number][] {
  return [
    [left, bottom],
    [right, bottom],
    [right, top],
    [left, top],
  ];
}
