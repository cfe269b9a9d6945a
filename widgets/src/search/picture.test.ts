import { expect, it } from "vitest";
import { pictureIn, shrunk } from "./picture";

it("brings the longer side down, and nothing up", () => {
  expect(shrunk(4000, 3000)).toEqual({ width: 512, height: 384 });
  expect(shrunk(100, 2000)).toEqual({ width: 26, height: 512 });
  expect(shrunk(300, 200)).toEqual({ width: 300, height: 200 });
  expect(shrunk(100_000, 1)).toEqual({ width: 512, height: 1 });
});

it("finds the picture among what was dropped", () => {
  const text = new File(["x"], "a.txt", { type: "text/plain" });
  const png = new File(["x"], "a.png", { type: "image/png" });
  expect(pictureIn({ files: [text, png] } as unknown as DataTransfer)).toBe(png);
  expect(pictureIn({ files: [text] } as unknown as DataTransfer)).toBeNull();
  expect(pictureIn(null)).toBeNull();
});
