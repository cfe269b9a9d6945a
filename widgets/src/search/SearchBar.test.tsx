import { render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Store } from "../store/store";
import { chip, FakeModel, state } from "../store/testing";
import { SearchBar } from "./SearchBar";
import { SAMPLE_TYPE } from "./slice";

let model: FakeModel;
let store: Store;
let root: HTMLElement;

beforeEach(() => {
  model = new FakeModel({ _part: "gallery" });
  store = new Store(model);
  root = document.createElement("div");
  document.body.append(root);
  render(<SearchBar store={store} />, root);
});

afterEach(() => {
  render(null, root);
  store.dispose();
  root.remove();
  vi.restoreAllMocks();
});

const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
const field = () => root.querySelector('input[name="search"]') as HTMLInputElement;
const chips = () => [...root.querySelectorAll(".curate-chips li")];

async function know(changes: Parameters<typeof state>[0]) {
  await model.answer("hello", state(changes));
  await settle();
}

async function type(text: string) {
  field().focus();
  field().value = text;
  field().setSelectionRange(text.length, text.length);
  field().dispatchEvent(new InputEvent("input", { bubbles: true }));
  await settle();
}

async function press(key: string, target: Element = field()) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
  await settle();
  return event;
}

const HOSTILE = `<script>alert(1)</script> "' ﷽ 🚗`;

it("shows steps as text, whatever they hold", async () => {
  await know({ chips: [chip("where", HOSTILE, 0), chip("minus", "snow", 1)] });
  expect(chips().map((item) => item.querySelector("bdi")?.textContent)).toEqual([HOSTILE, "− snow"]);
  expect(root.querySelector("script")).toBeNull();
  expect(chips()[0]?.querySelector("button")?.getAttribute("aria-label")).toBe(`Remove ${HOSTILE}`);
});

it("says on a step what speaks against its words", async () => {
  const note = "demo reads English, and 'Hagel' looks like German: what it finds may mean nothing.";
  await know({ chips: [chip("words", "Hagel", 0, 0, note), chip("words", "hail", 0, 1)] });
  const notes = chips().map((item) => item.querySelector('[role="img"]')?.getAttribute("aria-label"));
  expect(notes).toEqual([note, undefined]);
  expect(chips().map((item) => item.getAttribute("title"))).toEqual([`Hagel\n${note}`, "hail"]);
});

it("removes a step by its button, by Delete on it, and the last by Backspace", async () => {
  await know({ chips: [chip("words", "a", 0, 0), chip("words", "b", 0, 1)] });
  const button = (at: number) => chips()[at]?.querySelector("button") as HTMLButtonElement;
  button(0).click();
  expect(model.last("edit").change).toEqual({ type: "remove_chip", step: 0, part: 0 });
  await model.answer("edit", state({ version: 2, chips: [chip("words", "b", 0, 0)] }));
  await settle();
  expect(chips()).toHaveLength(1);
  await press("Delete", button(0));
  expect(model.last("edit").change).toEqual({ type: "remove_chip", step: 0, part: 0 });
  await model.answer("edit", state({ version: 3, chips: [chip("words", "c", 2, 0)] }));
  await settle();
  expect(document.activeElement?.getAttribute("aria-label")).toBe("Remove c");
  await press("Backspace");
  expect(model.last("edit").change).toEqual({ type: "remove_chip", step: 2, part: 0 });
});

it("does not remove steps while there is text to be deleted", async () => {
  await know({ chips: [chip("words", "a", 0)] });
  await type("x");
  await press("Backspace");
  expect(model.count("edit")).toBe(0);
});

it("adds what was typed by Enter", async () => {
  await know({});
  await type("hail -snow");
  await press("Enter");
  expect(model.last("edit").change).toEqual({ type: "add_search", words: ["hail"], minus: ["snow"] });
});

it("completes columns and values by keys, and says what would stay", async () => {
  await know({});
  await type("=");
  await vi.waitFor(() => expect(model.count("get_columns")).toBe(1), 5000);
  await model.answer("get_columns", {
    type: "columns",
    fields: [],
    columns: [
      { name: "weather", kind: "category", type: "VARCHAR", values: ["'rain'", "'snow'"] },
      { name: "wet", kind: "boolean", type: "BOOLEAN", values: [] },
    ],
  } as never);
  await type("we");
  const options = () => [...root.querySelectorAll('[role="option"] bdi')].map((option) => option.textContent);
  expect(options()).toEqual(["weather", "wet"]);
  await press("ArrowDown");
  expect(field().getAttribute("aria-activedescendant")).toBe(
    root.querySelector('[aria-selected="true"]')?.id,
  );
  await press("Enter");
  expect(field().value).toBe("weather ");
  await type("weather = 's");
  await press("Tab");
  expect(field().value).toBe("weather = 'snow' ");
  const checks = () => model.sent.filter((sent) => sent.type === "check").map(({ sql }) => sql);
  await vi.waitFor(() => expect(checks()).toContain("weather = 'snow'"), 5000);
  await model.answer("check", { type: "checked", count: 7 } as never);
  const said = () => root.querySelector(".curate-said")?.textContent;
  await vi.waitFor(() => expect(said()).toMatch(/7 of 100 samples would stay/), 5000);
  await press("Enter");
  expect(model.last("edit").change).toEqual({ type: "add_where", sql: "weather = 'snow'" });
});

it("leaves Tab alone where there is nothing to take, so that nobody is caught", async () => {
  await know({});
  await type("hail");
  expect((await press("Tab")).defaultPrevented).toBe(false);
  await type("");
  await type("=");
  expect((await press("Tab")).defaultPrevented).toBe(false);
  await vi.waitFor(() => expect(model.count("get_columns")).toBe(1), 5000);
  await model.answer("get_columns", {
    type: "columns",
    fields: [],
    columns: [{ name: "wet", kind: "boolean", type: "BOOLEAN", values: [] }],
  } as never);
  await type("wet ");
  expect(root.querySelectorAll('[role="option"]').length).toBeGreaterThan(0);
  expect((await press("Tab")).defaultPrevented).toBe(false);
});

it("says why it was refused, and forgets it when something else is typed", async () => {
  await know({});
  await type("hail");
  await press("Enter");
  await model.answer("edit", { type: "error", message: `There is no <b>'x'</b>.`, hint: "look" } as never);
  await model.answer("hello", state());
  await settle();
  const alert = () => root.querySelector('[role="alert"]');
  expect(alert()?.textContent).toBe("There is no <b>'x'</b>.Hint: look");
  await type("hai");
  expect(alert()).toBeNull();
});

it("looks for what is like a sample that is dropped", async () => {
  await know({});
  const data = { types: [SAMPLE_TYPE], files: [], getData: () => "123" };
  const drop = new Event("drop", { bubbles: true, cancelable: true });
  Object.defineProperty(drop, "dataTransfer", { value: data });
  root.querySelector("search")?.dispatchEvent(drop);
  await settle();
  expect(model.last("edit").change).toEqual({ type: "add_examples", samples: ["123"] });
});

it("says why words cannot be looked for, and takes expressions", async () => {
  await know({ encoder: "", has_text: false });
  const [words, where] = root.querySelectorAll('[role="radio"]');
  expect(words?.getAttribute("aria-disabled")).toBe("true");
  expect(words?.getAttribute("title")).toMatch(/ds\.embed\(\)/);
  expect(where?.getAttribute("aria-checked")).toBe("true");
});
