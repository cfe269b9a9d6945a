/** Where a picture stands in its box while somebody zooms and pans, in CSS pixels. */

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** `scale` is CSS pixels a pixel of the picture; `x` and `y` are where its top left corner stands in the box. */
export interface Zoom extends Point {
  scale: number;
}

/** One press of a button or a key. */
export const STEP = 1.5;

const LARGEST_SCALE = 8;

/** The whole picture, as large as the box takes it. */
export function fit(picture: Size, box: Size): Zoom {
  return settled({ scale: fitScale(picture, box), x: 0, y: 0 }, picture, box);
}

/** The picture `factor` times as large, with what is at `point` of the box staying there. */
export function zoomedAt(zoom: Zoom, factor: number, point: Point, picture: Size, box: Size): Zoom {
  const [least, most] = scales(picture, box);
  const scale = Math.min(Math.max(zoom.scale * factor, least), most);
  const grown = scale / zoom.scale;
  return settled(
    { scale, x: point.x - (point.x - zoom.x) * grown, y: point.y - (point.y - zoom.y) * grown },
    picture,
    box,
  );
}

/** The picture moved, as far as there is more of it to be seen. */
export function panned(zoom: Zoom, by: Point, picture: Size, box: Size): Zoom {
  return settled({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, picture, box);
}

/** The same place of the picture in the middle of a box that has another size; a picture that fitted still fits. */
export function resized(zoom: Zoom, picture: Size, before: Size, box: Size): Zoom {
  if (isFit(zoom, picture, before)) return fit(picture, box);
  const by = { x: (box.width - before.width) / 2, y: (box.height - before.height) / 2 };
  const [least, most] = scales(picture, box);
  const moved = panned(zoom, by, picture, box);
  const scale = Math.min(Math.max(zoom.scale, least), most);
  return scale === zoom.scale
    ? moved
    : zoomedAt(moved, scale / zoom.scale, { x: box.width / 2, y: box.height / 2 }, picture, box);
}

/** What a double click means: one to one, or twice the size where that is no larger; and back. */
export function toggled(zoom: Zoom, point: Point, picture: Size, box: Size): Zoom {
  if (!isFit(zoom, picture, box)) return fit(picture, box);
  const wanted = zoom.scale < 0.9 ? 1 : zoom.scale * 2;
  return zoomedAt(zoom, wanted / zoom.scale, point, picture, box);
}

export function isFit(zoom: Zoom, picture: Size, box: Size): boolean {
  return Math.abs(zoom.scale - fitScale(picture, box)) < 1e-6 * zoom.scale;
}

/** How much larger a wheel makes it; some wheels count in lines or in pages. */
export function wheelFactor(delta: number, mode: number): number {
  const pixels = mode === 1 ? delta * 16 : mode === 2 ? delta * 400 : delta;
  return Math.exp(-Math.min(Math.max(pixels, -300), 300) / 300);
}

/** Where the picture is drawn. */
export function frameOf(zoom: Zoom, picture: Size): Size & { left: number; top: number } {
  return {
    left: zoom.x,
    top: zoom.y,
    width: picture.width * zoom.scale,
    height: picture.height * zoom.scale,
  };
}

function fitScale(picture: Size, box: Size): number {
  if (picture.width <= 0 || picture.height <= 0 || box.width <= 0 || box.height <= 0) return 1;
  return Math.min(box.width / picture.width, box.height / picture.height);
}

/** A picture is never smaller than it fits, or one to one where that is smaller still. */
function scales(picture: Size, box: Size): [number, number] {
  const fits = fitScale(picture, box);
  return [Math.min(fits, 1), Math.max(fits * LARGEST_SCALE, LARGEST_SCALE)];
}

/** In the middle where there is room around it; else without a gap at any side. */
function settled(zoom: Zoom, picture: Size, box: Size): Zoom {
  const { width, height } = frameOf(zoom, picture);
  return { scale: zoom.scale, x: within(zoom.x, width, box.width), y: within(zoom.y, height, box.height) };
}

function within(at: number, length: number, room: number): number {
  return length <= room ? (room - length) / 2 : Math.min(Math.max(at, room - length), 0);
}
