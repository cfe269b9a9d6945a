import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { drawn, mounted, said, unmounted } from "../app/testing";
import type { Store } from "../store/store";
import type { FakeModel } from "../store/testing";
import { pairsFrom, standing } from "./testing";

let model: FakeModel;
let store: Store;

const press = async (key: string, target: Element | null = document.querySelector(".curate-pairs-stage")) => {
  target?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await drawn();
};

beforeEach(async () => {
  ({ model, store } = await mounted({ _part: "pairs" }));
  await model.answer("get_pair_review", standing());
  await model.answer("get_pairs", pairsFrom(0, 8));
  await drawn();
});

afterEach(() => unmounted(store));

it("asks about two pictures, and says what the answers stand on", async () => {
  expect(said()).toContain("Are these the same?");
  expect(said()).toContain("similarity 0.953 · cosine 0.900 · hash 6 of 64 bits apart");
  const stage = document.querySelector("[role=application]");
  expect(stage?.getAttribute("aria-label")).toBe(
    "10.jpg and 11.jpg, no answer yet. y is the same, n different, u unsure",
  );
  await press("y");
  expect(model.last("judge_pair")).toMatchObject({ left: "10", verdict: "yes" });
  const sure = { precision: 0.984, precision_low: 0.9421, precision_high: 0.998 };
  await model.answer("judge_pair", standing({ version: 2, reviewed: 64, yes: 63, no: 1, ...sure }));
  await drawn();
  expect(said()).toContain("98.4\u00a0%");
  expect(said()).toContain("95\u00a0% sure: 94.2\u00a0% to 99.8\u00a0%, from 64 answers");
});

it("compares in turns and by what differs", async () => {
  await press("b");
  expect(document.querySelector(".curate-pairs-stage")?.getAttribute("data-how")).toBe("blink");
  await press("b");
  expect(document.querySelector(".curate-pairs-stage")?.getAttribute("data-how")).toBe("difference");
  await press("b");
  expect(document.querySelector(".curate-pairs-side")).not.toBeNull();
});

it("leaves the arrows to the slider", async () => {
  const slider = document.querySelector<HTMLInputElement>("input[type=range]");
  expect(slider?.getAttribute("aria-valuetext")).toBe("0.930: 40 pairs in 30 groups; 31 samples could go");
  await press("y");
  await press("ArrowLeft", slider);
  expect(store.pairs.deck.peek().at).toBe(1);
  await press("ArrowLeft");
  expect(store.pairs.deck.peek().at).toBe(0);
});

it("has nothing to slide where nothing was measured", async () => {
  model.tell({ type: "pairs_changed", version: 2 });
  await vi.advanceTimersByTimeAsync(300);
  await model.answer("get_pair_review", standing({ version: 2, edges: [], encoder: "" }));
  await drawn();
  expect(document.querySelector("input[type=range]")).toBeNull();
  expect(said()).toContain("there is nothing to slide");
});

it("says what a lost kernel does not have", async () => {
  await press("y");
  model.emit("comm_live_update");
  await vi.advanceTimersByTimeAsync(5000);
  await drawn();
  expect(said()).toContain("Run the cell again, and the review goes on where it was.");
  expect(said()).toContain("1 answer had not reached it: its pair is asked again.");
});
