import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Core } from "../store/core";
import { FakeModel } from "../store/testing";
import { PairSlice } from "./slice";
import { pair, pairsFrom, standing } from "./testing";

let model: FakeModel;
let core: Core;
let slice: PairSlice;

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel({ _part: "pairs" });
  core = new Core(model);
  slice = new PairSlice(core);
  await model.answer("get_pair_review", standing());
  await model.answer("get_pairs", pairsFrom(0, 8));
});

afterEach(() => {
  slice.dispose();
  core.dispose();
  vi.useRealTimers();
});

it("asks at the threshold of the search, for pairs that it does not have", async () => {
  expect(model.last("get_pair_review").threshold).toBeNull();
  expect(model.last("get_pairs")).toMatchObject({ threshold: 0.93, without: [] });
  for (let i = 0; i < 4; i++) slice.answer("yes");
  const without = model.last("get_pairs").without ?? [];
  expect(model.count("get_pairs")).toBe(2);
  expect(without).toHaveLength(8);
  expect(without[0]).toEqual(["10", "11"]);
});

it("answers at once and goes on; what the kernel refused can be sent again", async () => {
  slice.answer("yes");
  expect(model.last("judge_pair")).toMatchObject({
    left: "10",
    right: "11",
    verdict: "yes",
    threshold: 0.93,
  });
  expect([slice.pair.peek()?.key, slice.pending.peek()]).toEqual(["20 21", 1]);
  await model.answer("judge_pair", standing({ version: 2, reviewed: 1, yes: 1, left: 39, precision: 1 }));
  expect([slice.state.peek()?.yes, slice.pending.peek()]).toEqual([1, 0]);
  slice.answer("no");
  await model.answer("judge_pair", { type: "error", message: "The disk is full", hint: "" });
  expect(slice.refusal.peek()?.message).toBe("The disk is full");
  expect(slice.deck.peek().cards[1]?.sent).toBe("failed");
  slice.again();
  expect(model.last("judge_pair")).toMatchObject({ left: "20", verdict: "no" });
  expect(slice.refusal.peek()).toBeNull();
});

it("goes back to what was answered, where another answer counts", () => {
  slice.answer("yes");
  slice.answer("no");
  slice.step(-1);
  expect(slice.pair.peek()?.key).toBe("20 21");
  slice.answer("unsure");
  expect(model.last("judge_pair")).toMatchObject({ left: "20", verdict: "unsure" });
  expect(slice.pair.peek()?.key).toBe("30 31");
  slice.step(5);
  expect(slice.pair.peek()?.key).toBe("30 31");
});

it("takes the last answer back and looks at its pair again", async () => {
  await slice.undo();
  expect(model.count("take_back_pair")).toBe(0);
  slice.answer("yes");
  await model.answer("judge_pair", standing({ version: 2, reviewed: 1, yes: 1, left: 39, undo: "the same" }));
  void slice.undo();
  await model.answer("take_back_pair", { type: "pair_taken_back", pair: pair(0) });
  expect([slice.pair.peek()?.key, slice.pair.peek()?.verdict]).toEqual(["10 11", null]);
  await model.answer("get_pair_review", standing({ version: 3 }));
  expect(slice.state.peek()?.yes).toBe(0);
});

it("slides at once, counts when it is still, and draws anew", async () => {
  slice.slide(0.9);
  slice.slide(0.88);
  expect([slice.threshold.peek(), model.count("get_pair_review")]).toEqual([0.88, 1]);
  await vi.advanceTimersByTimeAsync(150);
  expect([model.last("get_pair_review").threshold, model.count("get_pair_review")]).toEqual([0.88, 2]);
  await model.answer("get_pair_review", standing({ threshold: 0.88, pairs: 90, left: 90 }));
  expect([slice.state.peek()?.pairs, slice.sliding.peek()]).toEqual([90, null]);
  expect(slice.deck.peek().cards.map(({ key }) => key)).toEqual(["10 11"]);
  expect(model.last("get_pairs").threshold).toBe(0.88);
});

it("slides no farther than it can", () => {
  slice.slide(0.1);
  expect(slice.threshold.peek()).toBe(0.85);
  slice.slide(7);
  expect(slice.threshold.peek()).toBe(1);
});

it("ends where nothing is left, and begins again where there is more", async () => {
  for (let i = 0; i < 8; i++) slice.answer("yes");
  await model.answer("get_pairs", pairsFrom(8, 0));
  expect([slice.pair.peek(), slice.ended.peek()]).toEqual([null, true]);
  const asked = model.count("get_pairs");
  slice.slide(0.86);
  await vi.advanceTimersByTimeAsync(150);
  await model.answer("get_pair_review", standing({ threshold: 0.86 }));
  expect(model.count("get_pairs")).toBe(asked + 1);
  expect(slice.ended.peek()).toBe(false);
});

it("hears what others answered", async () => {
  model.tell({ type: "pairs_changed", version: 2 });
  await vi.advanceTimersByTimeAsync(300);
  await model.answer("get_pair_review", standing({ version: 2, reviewed: 5, no: 5 }));
  expect(slice.state.peek()?.no).toBe(5);
});

it("lays one over the other with the space bar, and turns them with it", () => {
  expect(slice.comparison.peek()).toBe("side");
  slice.flip();
  expect([slice.comparison.peek(), slice.flipped.peek(), slice.blinking.peek()]).toEqual([
    "blink",
    false,
    false,
  ]);
  slice.flip();
  expect(slice.flipped.peek()).toBe(true);
  slice.compare("blink");
  expect([slice.flipped.peek(), slice.blinking.peek()]).toEqual([false, true]);
});
