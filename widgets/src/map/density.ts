import type { Rgb } from "./palette";

/** How many samples fall where: a raster over the box of the map, rows from low y to high y. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly all: Uint32Array;
  readonly view: Uint32Array;
}

const STRONGEST_ALL = 90;
const STRONGEST_VIEW = 200;

/** The raster in the two halves of the kernel's buffer. */
export function readRaster(width: number, height: number, buffer: Uint8Array<ArrayBuffer>): Raster {
  const cells = width * height;
  if (buffer.length !== 8 * cells) {
    throw new RangeError(`a raster of ${cells} cells takes ${8 * cells} bytes, not ${buffer.length}`);
  }
  // Buffers of a comm begin anywhere; numbers of four bytes cannot.
  const counts = new Uint32Array(buffer.slice().buffer);
  return { width, height, all: counts.subarray(0, cells), view: counts.subarray(cells) };
}

/** The raster as pixels, from the top: grey for all behind the accent for the view, stronger by the logarithm of how many. */
export function paint(raster: Raster, grey: Rgb, accent: Rgb): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, all, view } = raster;
  const pixels = new Uint8ClampedArray(width * height * 4);
  const most = Math.log1p(all.reduce((a, b) => Math.max(a, b), 0));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const cell = row * width + column;
      const inView = view[cell] as number;
      const count = inView > 0 ? inView : (all[cell] as number);
      if (count === 0) continue;
      const strongest = inView > 0 ? STRONGEST_VIEW : STRONGEST_ALL;
      const at = ((height - 1 - row) * width + column) * 4;
      pixels.set(inView > 0 ? accent : grey, at);
      pixels[at + 3] = (0.15 + (0.85 * Math.log1p(count)) / most) * strongest;
    }
  }
  return pixels;
}
