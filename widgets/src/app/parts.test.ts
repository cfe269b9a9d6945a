import { beforeEach, expect, it } from "vitest";
import { nextPart } from "./parts";

let root: HTMLElement;

beforeEach(() => {
  root = document.createElement("div");
  root.innerHTML = `
    <header><button id="undo"></button><input class="curate-search-input" id="search"></header>
    <div class="curate-facets"><p></p><button id="first"></button><button id="second"></button></div>
    <div class="curate-grid" id="grid" tabindex="0"></div>
    <aside class="curate-side-inspector"><p>nothing to focus</p></aside>
    <footer class="curate-bottom"><button disabled></button><button id="all"></button></footer>`;
  document.body.replaceChildren(root);
});

const from = (id: string, step: 1 | -1) => nextPart(root, document.getElementById(id), step)?.id;

it("goes from part to part, round and back, past what cannot take the focus", () => {
  const way = ["search", "first", "grid", "all"];
  for (const [i, id] of way.entries()) {
    expect(from(id, 1)).toBe(way[(i + 1) % way.length]);
    expect(from(id, -1)).toBe(way[(i + way.length - 1) % way.length]);
  }
  expect(from("second", 1)).toBe("grid");
});

it("begins at the first from outside of all parts, and backwards at the last", () => {
  expect(from("undo", 1)).toBe("search");
  expect(from("undo", -1)).toBe("all");
});

it("has nowhere to go where there are no parts", () => {
  root.replaceChildren();
  expect(from("undo", 1)).toBeUndefined();
});
