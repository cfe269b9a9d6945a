import { render } from "preact";
import { afterEach, expect, it } from "vitest";
import { Store } from "../store/store";
import { FakeModel } from "../store/testing";
import { Help } from "./Help";
import { SECTIONS, sectionsOf } from "./keys";

let store: Store;

afterEach(() => {
  render(null, document.body);
  store?.dispose();
});

it("shows the keys of what is there, and no others", () => {
  store = new Store(new FakeModel({ _part: "facets" }));
  store.shell.help.value = true;
  render(<Help store={store} />, document.body);
  const titles = [...document.querySelectorAll("h3")].map((title) => title.textContent);
  expect(titles).toEqual(["Everywhere", "Facets"]);
  expect(document.querySelector("dialog")?.getAttribute("aria-label")).toBe("Keyboard");
});

it("names every part somewhere, and nothing twice in one section", () => {
  expect(sectionsOf("explorer")).toHaveLength(SECTIONS.length);
  for (const { lines } of SECTIONS) {
    expect(new Set(lines.map(([, what]) => what)).size).toBe(lines.length);
  }
});
