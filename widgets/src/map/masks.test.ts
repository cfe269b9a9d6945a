import { expect, it } from "vitest";
import { boxOfView, IN_VIEW, SELECTED, unpack } from "./masks";

it("reads the bits of the view and of the selection, lowest first", () => {
  const state = new Uint8Array(10);
  const counts = unpack(new Uint8Array([0b1000_0001, 0b10, 0b0000_0011, 0b01]), state);
  expect([...state]).toEqual([3, 2, 0, 0, 0, 0, 0, 1, 2, 1]);
  expect(counts).toEqual({ inView: 3, selected: 3 });
});

it("agrees with bits that were packed one by one", () => {
  const view = Array.from({ length: 1003 }, (_, i) => i % 3 === 0);
  const picked = Array.from({ length: 1003 }, (_, i) => i % 7 < 2);
  const bytes = Math.ceil(1003 / 8);
  const bits = new Uint8Array(2 * bytes);
  for (let i = 0; i < 1003; i++) {
    const byte = i >> 3;
    if (view[i]) bits[byte] = (bits[byte] ?? 0) | (1 << (i & 7));
    if (picked[i]) bits[bytes + byte] = (bits[bytes + byte] ?? 0) | (1 << (i & 7));
  }
  const state = new Uint8Array(1003);
  unpack(bits, state);
  expect([...state]).toEqual(view.map((seen, i) => (seen ? IN_VIEW : 0) | (picked[i] ? SELECTED : 0)));
});

it("refuses masks of another map", () => {
  expect(() => unpack(new Uint8Array(3), new Uint8Array(10))).toThrow(
    "masks of 10 points take 4 bytes, not 3",
  );
});

it("finds the box of what is in the view, and none where nothing is", () => {
  const xy = new Float32Array([0, 0, 5, -1, 2, 8, Number.NaN, Number.NaN]);
  expect(boxOfView(xy, new Uint8Array([2, 1, 3, 1]))).toEqual([2, -1, 5, 8]);
  expect(boxOfView(xy, new Uint8Array([0, 2, 0, 0]))).toBeNull();
});
