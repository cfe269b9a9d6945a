import { expect, it } from "vitest";
import { paint, readRaster } from "./density";

it("paints rows from low y upwards, the view over all", () => {
  const counts = new Uint32Array([5, 0, 0, 900, 0, 0, 0, 1]);
  // A buffer that does not begin at a multiple of four, as those of a comm.
  const shifted = new Uint8Array(33);
  shifted.set(new Uint8Array(counts.buffer), 1);
  const raster = readRaster(2, 2, shifted.subarray(1));
  expect([...raster.all]).toEqual([5, 0, 0, 900]);
  const pixels = paint(raster, [10, 20, 30], [200, 100, 0]);
  const pixel = (x: number, y: number) => [...pixels.subarray((y * 2 + x) * 4, (y * 2 + x) * 4 + 4)];
  expect(pixel(0, 1).slice(0, 3)).toEqual([10, 20, 30]);
  expect(pixel(1, 0).slice(0, 3)).toEqual([200, 100, 0]);
  expect(pixel(1, 1)).toEqual([0, 0, 0, 0]);
  expect(pixel(0, 1)[3]).toBeGreaterThan(0);
});

it("refuses a raster of another size", () => {
  expect(() => readRaster(3, 3, new Uint8Array(12))).toThrow("72 bytes, not 12");
});
