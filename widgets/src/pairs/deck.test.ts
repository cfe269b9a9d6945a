import { expect, it } from "vitest";
import { frontier } from "../review/deck";
import { changed, type Deck, EMPTY, grown, KEPT, pairsOf, redrawn, takenBack } from "./deck";
import { pair, pairsFrom } from "./testing";

const none = new Uint8Array(0);
const deckOf = (count: number): Deck => grown(EMPTY, pairsOf(pairsFrom(0, count).pairs, none)).deck;

it("has both pictures of a pair, and no pair twice", () => {
  const deck = deckOf(3);
  expect(deck.cards[1]).toMatchObject({ key: "20 21", sent: "open", similarity: 0.9539 });
  const { deck: same, left } = grown(deck, pairsOf([pair(2), pair(3)], none));
  expect(same.cards).toHaveLength(4);
  expect(left.map(({ key }) => key)).toEqual(["30 31"]);
});

it("lets go of what was answered long ago", () => {
  const deck = { ...deckOf(KEPT + 10), at: KEPT + 5 };
  const { deck: kept, left } = grown(deck, []);
  expect([kept.at, left.length]).toEqual([KEPT, 5]);
  expect(kept.cards[kept.at]?.key).toBe(deck.cards[deck.at]?.key);
});

it("draws anew at another threshold, but for what was answered and what is looked at", () => {
  let deck = changed(deckOf(4), "10 11", { verdict: "yes", sent: "saved" });
  deck = { ...deck, at: 1 };
  const { deck: kept, left } = redrawn(deck);
  expect(kept.cards.map(({ key }) => key)).toEqual(["10 11", "20 21"]);
  expect([kept.at, left.length]).toEqual([1, 2]);
  expect(redrawn({ ...kept, at: 2 }).deck).toMatchObject({ at: 1 });
});

it("looks at a pair again whose answer was taken back, also where it is new here", () => {
  let deck = changed(deckOf(3), "10 11", { verdict: "yes", sent: "saved" });
  deck = { ...deck, at: 1 };
  const back = takenBack(deck, pairsOf([pair(0)], none)[0] as never).deck;
  expect([back.at, back.cards[0]?.verdict, frontier(back)]).toEqual([0, null, 0]);
  const other = takenBack(deck, pairsOf([pair(7)], none)[0] as never).deck;
  expect([other.at, other.cards[1]?.key, other.cards.length]).toEqual([1, "80 81", 4]);
});
