/** What is drawn of a point: bits of its state. */
export const IN_VIEW = 1;
export const SELECTED = 2;

/**
 * Spread two runs of bits, lowest first, each filled up to whole bytes, into one byte a point.
 *
 * @param bits the bits of the view, and behind them those of the selection.
 * @param state one byte a point; overwritten.
 * @returns how many points are in the view, and how many are selected.
 */
export function unpack(bits: Uint8Array, state: Uint8Array): { inView: number; selected: number } {
  const bytes = Math.ceil(state.length / 8);
  if (bits.length !== 2 * bytes) {
    throw new RangeError(`masks of ${state.length} points take ${2 * bytes} bytes, not ${bits.length}`);
  }
  let inView = 0;
  let selected = 0;
  for (let i = 0; i < state.length; i++) {
    const byte = i >> 3;
    const shift = i & 7;
    const view = ((bits[byte] as number) >> shift) & 1;
    const picked = ((bits[bytes + byte] as number) >> shift) & 1;
    state[i] = view | (picked << 1);
    inView += view;
    selected += picked;
  }
  return { inView, selected };
}

/** The box around the points that are in the view, or null where none is. `xy` holds x and y of each point in turn. */
export function boxOfView(
  xy: Float32Array,
  state: Uint8Array,
): readonly [number, number, number, number] | null {
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < state.length; i++) {
    if (((state[i] as number) & IN_VIEW) === 0) continue;
    const x = xy[2 * i] as number;
    const y = xy[2 * i + 1] as number;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < bottom) bottom = y;
    if (y > top) top = y;
  }
  return left <= right ? [left, bottom, right, top] : null;
}
