import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Loader, type Range } from "./loader";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

interface Call {
  range: Range;
  signal: AbortSignal;
  done(): Promise<void>;
  fail(): Promise<void>;
}

/** A kernel whose answers come when the test says so. `short` rows of an answer are left out at its end. */
function kernel(most = 64) {
  const here = new Set<number>();
  const calls: Call[] = [];
  const loader = new Loader(
    {
      missing: (start, stop) => {
        const rows: Range[] = [];
        for (let row = start; row < stop; row++) if (!here.has(row)) rows.push([row, row + 1]);
        return rows.reduce<[number, number][]>((ranges, [from, to]) => {
          const last = ranges.at(-1);
          if (last?.[1] === from) last[1] = to;
          else ranges.push([from, to]);
          return ranges;
        }, []);
      },
      fetch: (start, stop, signal) =>
        new Promise<void>((resolve, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
          calls.push({
            range: [start, stop],
            signal,
            done: async () => {
              for (let row = start; row < stop; row++) here.add(row);
              resolve();
              await vi.advanceTimersByTimeAsync(0);
            },
            fail: async () => {
              reject(new Error("no"));
              await vi.advanceTimersByTimeAsync(0);
            },
          });
        }),
    },
    most,
  );
  const ranges = () => calls.map((call) => call.range);
  return { loader, calls, ranges, here };
}

it("asks at once for exactly what is on the screen, and for the rest when that is there", async () => {
  const { loader, calls, ranges } = kernel();
  loader.want([0, 80], [0, 160]);
  expect(ranges()).toEqual([
    [0, 64],
    [64, 80],
  ]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls.length).toBe(2);
  await calls[0]?.done();
  await calls[1]?.done();
  expect(calls.length).toBe(2);
  await vi.advanceTimersByTimeAsync(100);
  expect(ranges().slice(2)).toEqual([
    [80, 144],
    [144, 160],
  ]);
});

it("cancels what is no longer wanted, and keeps what still is", async () => {
  const { loader, calls, ranges } = kernel();
  loader.want([0, 64], [0, 128]);
  loader.want([32, 96], [0, 160]);
  await vi.advanceTimersByTimeAsync(60);
  expect(ranges()).toEqual([
    [0, 64],
    [64, 96],
  ]);
  expect(calls[0]?.signal.aborted).toBe(false);
  loader.want([9000, 9064], [9000, 9128]);
  await vi.advanceTimersByTimeAsync(60);
  expect(calls.map((call) => call.signal.aborted)).toEqual([true, true, false]);
});

it("fetches nothing ahead while something on the screen is missing", async () => {
  const { loader, calls, ranges } = kernel();
  loader.want([0, 10], [0, 20]);
  await calls[0]?.done();
  await vi.advanceTimersByTimeAsync(100);
  expect(ranges()[1]).toEqual([10, 20]);
  loader.want([15, 30], [0, 40]);
  await vi.advanceTimersByTimeAsync(60);
  // What is on its way and on the screen stays; the rest is asked for.
  expect(ranges()[2]).toEqual([20, 30]);
  loader.want([25, 35], [5, 45]);
  await vi.advanceTimersByTimeAsync(60);
  expect(calls[1]?.signal.aborted).toBe(true);
});

it("asks seldom while somebody scrolls", async () => {
  const { loader, calls } = kernel();
  for (let i = 0; i < 100; i++) {
    loader.want([i * 100, i * 100 + 50], [i * 100, i * 100 + 100]);
    await vi.advanceTimersByTimeAsync(5);
  }
  expect(calls.length).toBeLessThanOrEqual(11);
  await vi.advanceTimersByTimeAsync(60);
  expect(calls.at(-1)?.range).toEqual([9900, 9950]);
});

it("asks for the rest of an answer that was cut short", async () => {
  const { loader, calls, ranges, here } = kernel();
  loader.want([0, 64], [0, 64]);
  const first = calls[0] as Call;
  await first.done();
  for (let row = 40; row < 64; row++) here.delete(row);
  loader.again();
  expect(ranges()[1]).toEqual([40, 64]);
});

it("stops after a failure until it is told to go on", async () => {
  const { loader, calls } = kernel();
  loader.want([0, 10], [0, 10]);
  await calls[0]?.fail();
  loader.want([0, 12], [0, 12]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls.length).toBe(1);
  loader.again();
  expect(calls.length).toBe(2);
  loader.stop();
  expect(calls[1]?.signal.aborted).toBe(true);
  await vi.advanceTimersByTimeAsync(1000);
  expect(calls.length).toBe(2);
});
