import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Store } from "../store/store";
import { FakeModel, state } from "../store/testing";
import { isOurs, onKey } from "./keys";

let model: FakeModel;
let store: Store;

beforeEach(async () => {
  model = new FakeModel({ _part: "explorer" });
  store = new Store(model);
  await model.answer("hello", state({ undo: "a step", redo: "another" }));
});

afterEach(() => {
  store.dispose();
  document.body.replaceChildren();
});

/** Press a key on an element inside of the widget; true where the notebook around it hears of it. */
function press(key: string, how: KeyboardEventInit = {}, on: HTMLElement = document.createElement("div")) {
  const root = document.createElement("div");
  root.addEventListener("keydown", (event) => onKey(store, event));
  root.append(on);
  document.body.append(root);
  const heard = vi.fn();
  document.body.addEventListener("keydown", heard, { once: true });
  on.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...how }));
  document.body.removeEventListener("keydown", heard);
  return heard.mock.calls.length > 0;
}

function input(name: string): HTMLInputElement {
  const element = document.createElement("input");
  element.type = "text";
  element.name = name;
  return element;
}

it("keeps the notebook from deleting, cutting and running the cell", () => {
  for (const key of ["d", "x", "a", "m", "Escape", "Enter", " ", "0"]) expect(press(key)).toBe(false);
  for (const key of ["x", "c", "v", "Enter", "ArrowUp"]) expect(press(key, { ctrlKey: true })).toBe(false);
});

it("leaves saving and function keys to the notebook", () => {
  expect(press("s", { ctrlKey: true })).toBe(true);
  expect(press("s", { metaKey: true })).toBe(true);
  expect(press("F5")).toBe(true);
  expect(isOurs(new KeyboardEvent("keydown", { key: "c", ctrlKey: true, shiftKey: true }))).toBe(true);
});

it("undoes and does again, but not while text is written", () => {
  press("z", { ctrlKey: true });
  expect(model.count("undo")).toBe(1);
  press("Z", { metaKey: true, shiftKey: true });
  press("y", { ctrlKey: true });
  expect(model.count("redo")).toBe(2);
  press("z", { ctrlKey: true }, input("tag"));
  expect(model.count("undo")).toBe(1);
  press("z", { ctrlKey: true }, input("search"));
  expect(model.count("undo")).toBe(2);
});

it("goes to the search field and to the help, but not out of a field", () => {
  press("/");
  expect(store.search.focused.value).toBe(1);
  press("?");
  expect(store.shell.help.value).toBe(true);
  press("/", {}, input("tag"));
  expect(store.search.focused.value).toBe(1);
});

it("puts away by Escape what lies over the centre", () => {
  store.shell.measure(600);
  store.shell.toggle("facets");
  expect(store.shell.isOpen("facets")).toBe(true);
  press("Escape");
  expect(store.shell.isOpen("facets")).toBe(false);
});
