import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { drawn, mounted, said, unmounted } from "../app/testing";
import type { Store } from "../store/store";
import { type FakeModel, state } from "../store/testing";
import { groupsFrom, standing } from "./testing";

let model: FakeModel;
let store: Store;

const stage = () => document.querySelector<HTMLElement>(".curate-duplicates-stage");
const press = async (key: string, options: KeyboardEventInit = {}) => {
  stage()?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options }));
  await drawn();
};
const kept = () => document.querySelector("[role=option][aria-selected=true]")?.textContent;
const button = (name: string) =>
  [...document.querySelectorAll("button")].find((one) => one.textContent?.includes(name));

async function open(reply = standing()) {
  await model.answer("get_duplicates", reply);
  if (reply.groups > 0) await model.answer("get_duplicate_groups", groupsFrom(0, Math.min(reply.groups, 8)));
  await drawn();
}

beforeEach(async () => {
  ({ model, store } = await mounted(
    { _part: "explorer", _layout: { mode: "duplicates", facets: false, inspector: false } },
    { count: 2000 },
  ));
  await drawn();
});

afterEach(() => unmounted(store));

it("says which group it is, which one stays and why, and what the keys do", async () => {
  await open();
  expect(said()).toContain("1. Near duplicates: 3 samples");
  expect(said()).toContain("at least 0.950 alike");
  expect(kept()).toContain("1 stays10.jpg");
  expect(said()).toContain("largest");
  expect(stage()?.getAttribute("aria-label")).toContain("Group 1 of 20");
  expect(said()).toContain("5 of the same file · 14 near · 1 sequence");
  expect(document.activeElement).toBe(stage());
});

it("is worked with keys alone", async () => {
  await open();
  await press("2", { code: "Digit2" });
  expect(kept()).toContain("2 stays11.jpg");
  await press("Enter");
  expect(model.last("judge_groups")).toMatchObject({ groups: ["0"], verdict: "accepted", keep: "11" });
  await press("x");
  expect(model.last("judge_groups")).toMatchObject({ groups: ["1"], verdict: "distinct" });
  expect(said()).toContain("3. Near duplicates");
  await press("ArrowUp");
  await press("ArrowLeft");
  expect(said()).toContain("Accepted");
  // a key that is held down is no verdict
  await press("End");
  const asked = model.count("judge_groups");
  await press("Enter", { repeat: true });
  expect(model.count("judge_groups")).toBe(asked);
  await press("Escape");
  expect(stage()).toBeNull();
});

it("accepts all that follow only when it is said twice", async () => {
  await open();
  await press("Enter", { shiftKey: true });
  expect(said()).toContain("Accept 20 open groups?");
  expect(model.count("accept_from")).toBe(0);
  const dialog = document.querySelector("dialog");
  dialog?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await drawn();
  expect(model.last("accept_from").start).toBe(0);
  expect(document.querySelector("dialog")).toBeNull();
});

it("offers the search where nobody has looked, and shows how far it is", async () => {
  await open(standing({ searched: false, search: "", groups: 0, open: 0, first_open: -1, note: "" }));
  expect(said()).toContain("Nobody has looked for duplicates yet");
  button("Find duplicates")?.click();
  expect(model.count("find_duplicates")).toBe(1);
  const job = { id: 1, kind: "duplicates", title: "Find duplicates", done: 5, total: 20, hint: "" } as const;
  model.tell({ type: "job_changed", job: { ...job, state: "running", text: "Altering copies" } });
  await drawn();
  expect(document.querySelector("progress")?.getAttribute("aria-label")).toBe("Find duplicates");
  expect(said()).toContain("Altering copies");
  model.tell({ type: "job_changed", job: { ...job, state: "failed", text: "The disk is full" } });
  await drawn();
  expect(document.querySelector(".curate-duplicates [role=alert]")?.textContent).toContain(
    "The disk is full",
  );
});

it("says that nothing is there twice, and why it cannot search", async () => {
  await open(standing({ groups: 0, open: 0, first_open: -1, note: "cosine from 0.934" }));
  expect(said()).toContain("No two samples are the same");
  expect(said()).toContain("cosine from 0.934");
  model.tell({ type: "duplicates_changed", version: 2 });
  await vi.advanceTimersByTimeAsync(300);
  const why = "There are no pictures";
  await open(standing({ version: 2, searched: false, search: "", groups: 0, open: 0, first_open: -1, why }));
  expect(said()).toContain(why);
  expect(button("Find duplicates")).toBeUndefined();
});

it("leads back to what is open from behind the last group", async () => {
  await open(standing({ groups: 2, open: 1, accepted: 1, first_open: 0 }));
  await press("ArrowDown");
  await press("ArrowDown");
  expect(said()).toContain("This was the last group");
  expect(said()).toContain("1 accepted, 0 not duplicates, 1 still open");
  await press("Enter");
  expect(said()).toContain("1. Near duplicates");
});

it("cannot judge where nothing can be written", async () => {
  await open();
  void store.core.look();
  await model.answer("look", state({ version: 2, writable: false }));
  await drawn();
  await press("Enter");
  await press("x");
  expect(model.count("judge_groups")).toBe(0);
});
