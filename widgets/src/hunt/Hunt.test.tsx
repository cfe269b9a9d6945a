import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { drawn, mounted, said, unmounted } from "../app/testing";
import type { Store } from "../store/store";
import { type FakeModel, tile } from "../store/testing";
import { stand } from "./testing";

let model: FakeModel;
let store: Store;

beforeEach(async () => {
  ({ model, store } = await mounted({ _part: "hunt" }));
  await model.answer("get_hunt", stand({ answered: 80, found: 3, undo: "no" }));
  const tiles = [tile(7), tile(8)];
  await model.answer("get_next", { type: "next_samples", task: "hunt", tiles });
  await drawn();
});

afterEach(() => unmounted(store));

it("says what is hunted, what was found, and which keys answer", () => {
  expect(said()).toContain("night hail");
  expect(said()).toContain("found in 80 answers");
  const place = document.querySelector("[role=application]");
  expect(place?.getAttribute("aria-label")).toBe("7.jpg, no answer yet. y is yes, n no, u unsure");
});

it("hands over what a lost kernel does not have, to be run", async () => {
  store.hunt.answer("yes");
  model.emit("comm_live_update");
  await vi.advanceTimersByTimeAsync(5000);
  await drawn();
  expect(said()).toContain(
    "The kernel that made this is gone. Run the cell again, and the hunt goes on where it was.",
  );
  expect(said()).toContain("1 answer had not reached it.");
  expect(document.querySelector("pre")?.textContent).toBe("hunt.mark([7], True)");
});

it("shows no name and no estimate while an audit is blind", async () => {
  void store.hunt.startAudit(2, 0);
  const audit = { answered: 0, count: 2 };
  await model.answer("start_audit", stand({ version: 2, estimate: ["found 3"], audit }));
  await model.answer("get_next", { type: "next_samples", task: "audit", tiles: [tile(50)] });
  await drawn();
  expect(said()).toContain("Audit: 0 of 2");
  expect(said()).not.toContain("50.jpg");
  expect(said()).not.toContain("Found 3");
  const named = [...document.querySelectorAll("[aria-label], [title]")];
  expect(named.filter((element) => element.outerHTML.includes("50.jpg"))).toEqual([]);
});

it("says to reword instead of an estimate", async () => {
  model.tell({ type: "hunt_changed", version: 2 });
  await vi.advanceTimersByTimeAsync(300);
  const advice = ["reword the prompt: no yes in 80 answers"];
  await model.answer("get_hunt", stand({ version: 2, answered: 80, advice }));
  await drawn();
  expect(said()).toContain("Reword the prompt: no yes in 80 answers");
  expect(said()).not.toContain("Start an audit");
});
