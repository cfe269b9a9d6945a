import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Store } from "../store/store";
import { FakeModel, state, tile } from "../store/testing";
import { onHuntKey } from "./keys";
import type { HuntSlice } from "./slice";
import { stand } from "./testing";

let model: FakeModel;
let store: Store;
let hunt: HuntSlice;

const tiles = (from: number, count: number) => Array.from({ length: count }, (_, i) => tile(from + i));
const sendNext = (from: number, count: number) =>
  model.answer("get_next", { type: "next_samples", task: hunt.task.value, tiles: tiles(from, count) });
const key = (text: string, more: KeyboardEventInit = {}) =>
  onHuntKey(store, new KeyboardEvent("keydown", { key: text, ...more }));
const verdicts = () => hunt.deck.value.cards.map(({ verdict, sent }) => `${verdict} ${sent}`);

beforeEach(async () => {
  vi.useFakeTimers();
  model = new FakeModel({ _part: "hunt" });
  store = new Store(model);
  hunt = store.hunt;
  await model.answer("hello", state());
  await model.answer("get_hunt", stand());
  await sendNext(0, 10);
});

afterEach(() => {
  store.dispose();
  vi.useRealTimers();
});

it("sends an answer at once, goes on, and shows it as pending until the kernel has it", async () => {
  key("y");
  key("n");
  expect(model.last("set_verdict")).toMatchObject({ samples: ["1"], verdict: "no", task: "hunt" });
  expect(hunt.card.value?.id).toBe("2");
  expect(verdicts().slice(0, 3)).toEqual(["yes pending", "no pending", "null open"]);
  expect(hunt.pending.value).toBe(2);
  await model.answer("set_verdict", stand({ version: 2, answered: 2, found: 1 }));
  expect(verdicts().slice(0, 2)).toEqual(["yes pending", "no saved"]);
  expect([hunt.pending.value, hunt.state.value?.found]).toEqual([1, 1]);
});

it("takes no answer from a key that is held down, or that belongs to the notebook", () => {
  expect(key("y", { repeat: true })).toBe(true);
  expect(key("y", { ctrlKey: true })).toBe(false);
  expect(key("y", { altKey: true })).toBe(false);
  expect(model.count("set_verdict")).toBe(0);
});

it("goes back, changes an answer, and comes back to where it was", () => {
  key("y");
  key("y");
  key("Backspace");
  key("ArrowLeft");
  expect(hunt.card.value?.id).toBe("0");
  key("u");
  expect(model.last("set_verdict")).toMatchObject({ samples: ["0"], verdict: "unsure" });
  expect(hunt.card.value?.id).toBe("2");
  key("ArrowRight");
  expect(hunt.card.value?.id).toBe("2");
});

it("asks for more before it runs out, and says what it has", async () => {
  expect(model.count("get_next")).toBe(1);
  for (let i = 0; i < 5; i++) key("n");
  expect(model.count("get_next")).toBe(2);
  expect(model.last("get_next").without).toEqual(tiles(0, 10).map(({ sample_id }) => sample_id));
  await sendNext(8, 10);
  expect(hunt.deck.value.cards.map(({ id }) => Number(id))).toEqual(Array.from({ length: 18 }, (_, i) => i));
});

it("says when nothing is left, and asks again when something has happened", async () => {
  for (let i = 0; i < 5; i++) key("n");
  await sendNext(0, 0);
  for (let i = 0; i < 5; i++) key("n");
  expect([hunt.card.value, hunt.ended.value, model.count("get_next")]).toEqual([null, true, 2]);
  await model.answer("set_verdict", stand({ version: 9, answered: 10 }));
  // What has ended stays so on the screen while it is asked.
  expect([hunt.ended.value, model.count("get_next")]).toEqual([true, 3]);
  await sendNext(0, 0);
  expect(hunt.ended.value).toBe(true);
});

it("keeps a refused answer, says why, and sends it again", async () => {
  key("y");
  await model.answer("set_verdict", { type: "error", message: "The disk is full.", hint: "make room" });
  expect(hunt.refusal.value).toEqual({ message: "The disk is full.", hint: "make room" });
  expect(verdicts()[0]).toBe("yes failed");
  expect(hunt.outbox.failed.value).toBe(1);
  hunt.again();
  expect(model.count("set_verdict")).toBe(2);
  await model.answer("set_verdict", stand({ version: 2, answered: 1, found: 1 }));
  expect([verdicts()[0], hunt.pending.value, hunt.refusal.value]).toEqual(["yes saved", 0, null]);
});

it("keeps what a lost kernel does not have, as Python and to be sent again", async () => {
  key("y");
  model.emit("comm_live_update");
  vi.advanceTimersByTime(5000);
  expect(store.core.rpc.connection.value).toBe("lost");
  key("u");
  expect(hunt.outbox.python()).toBe("hunt.mark([0], True)\nhunt.mark([1], None)");
  model.tell({ type: "hunt_changed", version: 1 });
  const sent = model.sent.filter((request) => request.type === "set_verdict");
  expect(sent.slice(-2)).toMatchObject([{ samples: ["0"] }, { samples: ["1"] }]);
  await model.answer("set_verdict", stand({ version: 2 }));
  expect(verdicts().slice(0, 2)).toEqual(["yes pending", "unsure saved"]);
});

it("takes the last answer back and looks at its sample again", async () => {
  key("y");
  key("z", { ctrlKey: true });
  expect(model.count("take_back")).toBe(0);
  await model.answer("set_verdict", stand({ version: 2, answered: 1, found: 1, undo: "yes" }));
  key("z", { ctrlKey: true });
  key("z", { ctrlKey: true });
  expect(model.count("take_back")).toBe(1);
  await model.answer("take_back", { type: "taken_back", tiles: [tile(0)], verdicts: [null] });
  expect([hunt.card.value?.id, verdicts()[0]]).toEqual(["0", "null open"]);
});

it("marks by digits in the grid of nine, and none of the rest at once", () => {
  key("g");
  key("1", { code: "Digit1" });
  key("3", { code: "Digit3" });
  key("3", { code: "Digit3" });
  key("!", { code: "Digit5", shiftKey: true });
  expect(hunt.deck.value.cards.slice(0, 6).map(({ verdict }) => verdict)).toEqual([
    "yes",
    null,
    "no",
    null,
    "unsure",
    null,
  ]);
  key("Enter");
  expect(model.last("set_verdict")).toMatchObject({ samples: ["1", "3", "5", "6", "7", "8"], verdict: "no" });
  expect(hunt.deck.value.at).toBe(9);
  key("Backspace");
  expect(hunt.deck.value.at).toBe(0);
  key("ArrowDown");
  key("ArrowRight");
  expect(hunt.deck.value.at).toBe(4);
});

it("follows others: what they answered is not asked again, and their audit is everybody's", async () => {
  model.tell({ type: "hunt_changed", version: 5 });
  vi.advanceTimersByTime(300);
  expect(model.last("get_hunt").samples).toHaveLength(10);
  await model.answer("get_hunt", stand({ version: 5, answered: 1, settled: ["0", "4"] }));
  expect(hunt.deck.value.cards.map(({ id }) => id).slice(0, 5)).toEqual(["0", "1", "2", "3", "5"]);
  model.tell({ type: "hunt_changed", version: 6 });
  vi.advanceTimersByTime(300);
  await model.answer("get_hunt", stand({ version: 6, audit: { answered: 0, count: 2 } }));
  expect(hunt.task.value).toBe("audit");
  expect(model.last("get_next").task).toBe("audit");
  hunt.setTask("hunt");
  expect(hunt.task.value).toBe("audit");
});

it("answers an audit and then hunts with what the model has learned", async () => {
  key("y");
  await model.answer("set_verdict", stand({ version: 2, answered: 1, found: 1 }));
  void hunt.startAudit(1, 0);
  await model.answer("start_audit", stand({ version: 3, audit: { answered: 0, count: 1 } }));
  await sendNext(50, 1);
  await sendNext(50, 0);
  key("n");
  expect(model.last("set_verdict")).toMatchObject({ samples: ["50"], task: "audit" });
  await model.answer("set_verdict", stand({ version: 4, audited: true, estimate: ["found 1"] }));
  await sendNext(0, 0);
  expect([hunt.task.value, hunt.ended.value, hunt.card.value]).toEqual(["audit", true, null]);
  // It used to blink when something happened elsewhere, and Enter met nothing then.
  model.tell({ type: "hunt_changed", version: 5 });
  vi.advanceTimersByTime(300);
  await model.answer("get_hunt", stand({ version: 5, audited: true }));
  expect([hunt.ended.value, model.sent.at(-1)?.type]).toEqual([true, "get_hunt"]);
  key("Enter");
  expect(hunt.task.value).toBe("hunt");
  // What was answered stays for whoever goes back; what was to come is chosen anew.
  expect(hunt.deck.value.cards.map(({ id }) => id)).toEqual(["0"]);
});

it("asks how it stands only while somebody looks, and leaves nothing behind", () => {
  const before = model.count("get_hunt");
  vi.advanceTimersByTime(10_000);
  expect(model.count("get_hunt")).toBe(before);
  hunt.sight(true);
  expect(model.count("get_hunt")).toBe(before + 1);
  store.dispose();
  vi.advanceTimersByTime(10_000);
  expect(model.count("get_hunt")).toBe(before + 1);
  expect(model.listening).toBe(0);
});
