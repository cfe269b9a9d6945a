import { expect, it } from "vitest";
import { frontier, open } from "../review/deck";
import {
  answered,
  type Card,
  type Deck,
  EMPTY,
  grown,
  KEPT,
  next,
  PAGE,
  pageOf,
  settled,
  takenBack,
  without,
} from "./deck";

const card = (id: number | string): Card => ({
  id: String(id),
  name: `${id}.jpg`,
  status: "ok",
  width: 4,
  height: 3,
  url: `blob:${id}`,
  verdict: null,
  sent: "open",
});
const cards = (count: number, from = 0) => Array.from({ length: count }, (_, i) => card(from + i));
const deck = (count: number, at = 0): Deck => ({ cards: cards(count), at });

it("goes to the first card without an answer, also from one that was answered again", () => {
  let held = answered(deck(4), ["0", "1"], "no");
  expect([frontier(held), open(held)]).toEqual([2, 2]);
  held = answered({ ...held, at: 0 }, ["0"], "yes");
  expect(next(held, false)).toBe(2);
  expect(next(answered(held, ["2", "3"], "no"), false)).toBe(4);
  expect(next(EMPTY, false)).toBe(0);
});

it("stays on a page until each of its cards has an answer", () => {
  let held = answered(deck(20, 8), ["8"], "yes");
  expect(next(held, true)).toBe(0);
  held = answered({ ...held, at: 3 }, ["0", "1", "3"], "no");
  expect(next(held, true)).toBe(4);
  const rest = cards(PAGE).map(({ id }) => id);
  expect(next(answered(held, rest, "no"), true)).toBe(9);
  expect(pageOf(held)).toEqual([0, 9]);
  expect(pageOf(deck(12, 12))).toEqual([9, 12]);
  expect(pageOf(EMPTY)).toEqual([0, 0]);
});

it("does not take an old answer's end for that of a newer one", () => {
  let held = answered(deck(2), ["0"], "yes");
  held = answered(held, ["0"], "no");
  expect(settled(held, ["0"], "yes", "saved").cards[0]?.sent).toBe("pending");
  expect(settled(held, ["0"], "no", "saved").cards[0]?.sent).toBe("saved");
});

it("keeps pages whole when it lets old cards go, and takes none twice", () => {
  const long = deck(KEPT + 3 * PAGE, KEPT + 2 * PAGE + 4);
  const { deck: after, left } = grown(long, [card(0), card("new")]);
  expect(left.map(({ id }) => id).slice(0, 2)).toEqual(["0", "0"]);
  expect((long.at - after.at) % PAGE).toBe(0);
  expect(after.cards[after.at]?.id).toBe(long.cards[long.at]?.id);
  expect(after.cards.at(-1)?.id).toBe("new");
  expect(after.cards.length).toBe(KEPT + PAGE + 1);
});

it("drops what others have answered, but nothing that is in sight", () => {
  const ids = ["2", "5", "12"];
  expect(without(deck(14, 5), ids, false).left.map(({ id }) => id)).toEqual(["12"]);
  const alone = without(deck(14, 1), ids, false);
  expect(alone.left.map(({ id }) => id)).toEqual(ids);
  expect(alone.deck.cards).toHaveLength(11);
  expect(without(deck(14, 1), ids, true).left.map(({ id }) => id)).toEqual(["12"]);
});

it("shows a card again whose answer was taken back, whether it is still here or not", () => {
  const held = answered(deck(3, 1), ["0"], "yes");
  const again = takenBack(held, [{ ...card(0), url: "blob:other" }]);
  expect(again.deck.cards[0]).toEqual(card(0));
  expect([again.deck.at, again.left.map(({ url }) => url)]).toEqual([0, ["blob:other"]]);
  const foreign = takenBack(held, [card("x")]);
  expect(foreign.deck.cards.map(({ id }) => id)).toEqual(["0", "x", "1", "2"]);
  expect([foreign.deck.at, foreign.left]).toEqual([1, []]);
});
