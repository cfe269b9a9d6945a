import type { RowInfo, SetVerdict } from "../protocol";
import {
  type Asked,
  type Changed,
  frontier,
  type Deck as ReviewDeck,
  thumbnails,
  type Verdict,
} from "../review/deck";

export type Task = SetVerdict["task"];
export type Deck = ReviewDeck<Card>;

/** Pictures of a page of the grid. */
export const PAGE = 9;

/** How many cards stay behind for whoever goes back; whole pages, so that the pages stay what they are. */
export const KEPT = 20 * PAGE;

/** One sample that is looked at. */
export interface Card extends Asked {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly width: number;
  readonly height: number;
  /** A blob URL of the thumbnail, or "" where there is none. */
  readonly url: string;
}

export const EMPTY: Deck = { cards: [], at: 0 };

/** Cards of what the kernel sent; their thumbnails lie one after the other in the buffer. */
export function cardsOf(tiles: readonly RowInfo[], buffer: Uint8Array<ArrayBuffer>): Card[] {
  const cut = thumbnails(buffer);
  return tiles.map((tile) => {
    const { sample_id: id, name, status, width, height } = tile;
    return { id, name, status, width, height, url: cut(tile), verdict: null, sent: "open" };
  });
}

/** `[start, stop)` of the page that a card is on. */
export function pageOf(deck: Deck, at = deck.at): [number, number] {
  const last = Math.max(deck.cards.length - 1, 0);
  const start = Math.min(at, last) - (Math.min(at, last) % PAGE);
  return [start, Math.min(start + PAGE, deck.cards.length)];
}

/** The deck with an answer given to some of its cards. */
export function answered(deck: Deck, ids: readonly string[], verdict: Verdict): Deck {
  return change(deck, ids, (card) => ({ ...card, verdict, sent: "pending" }));
}

/** The deck after the kernel said what came of an answer. A newer answer to the same card is still on its way. */
export function settled(
  deck: Deck,
  ids: readonly string[],
  verdict: Verdict,
  sent: "saved" | "failed" | "pending",
): Deck {
  return change(deck, ids, (card) => (card.verdict === verdict ? { ...card, sent } : card));
}

/**
 * Where one goes after an answer. Alone: to the first card without an answer. On a page: to the next of the page that has
 * none, and when all have one, to the next page.
 */
export function next(deck: Deck, paged: boolean): number {
  const first = frontier(deck);
  if (!paged || deck.at >= deck.cards.length) return first;
  const [start, stop] = pageOf(deck);
  for (let step = 1; step < PAGE; step++) {
    const at = start + ((deck.at - start + step) % PAGE);
    if (at < stop && deck.cards[at]?.verdict === null) return at;
  }
  return first;
}

/** The deck with new cards at its end, and without old ones past what is kept. Gives those that left, too. */
export function grown(deck: Deck, cards: readonly Card[]): Changed<Card> {
  const held = new Set(deck.cards.map(({ id }) => id));
  const all = [...deck.cards, ...cards.filter(({ id }) => !held.has(id))];
  const left = cards.filter(({ id }) => held.has(id));
  const [start] = pageOf({ cards: all, at: deck.at });
  const surplus = Math.max(0, Math.floor((start - KEPT) / PAGE) * PAGE);
  const kept = { cards: all.slice(surplus), at: deck.at - surplus };
  return { deck: kept, left: [...left, ...all.slice(0, surplus)] };
}

/** The deck without cards that others have answered, but for those that are in sight. Gives those that left, too. */
export function without(deck: Deck, ids: readonly string[], paged: boolean): Changed<Card> {
  const gone = new Set(ids);
  const seen = paged ? pageOf(deck)[1] : deck.at + 1;
  const leaves = (card: Card, at: number) => at >= seen && card.verdict === null && gone.has(card.id);
  return {
    deck: { ...deck, cards: deck.cards.filter((card, at) => !leaves(card, at)) },
    left: deck.cards.filter(leaves),
  };
}

/** The deck with cards as they are after an answer was taken back, and one of them looked at. */
export function takenBack(deck: Deck, cards: readonly Card[]): Changed<Card> {
  let all = [...deck.cards];
  const left: Card[] = [];
  for (const card of cards) {
    const at = all.findIndex(({ id }) => id === card.id);
    if (at >= 0) {
      // The thumbnail that is on the screen stays, so that nothing flickers.
      all[at] = { ...card, url: all[at]?.url ?? "" };
      left.push(card);
    } else {
      const here = frontier({ cards: all, at: 0 });
      all = [...all.slice(0, here), card, ...all.slice(here)];
    }
  }
  const first = all.findIndex(({ id }) => cards.some((card) => card.id === id));
  return { deck: { cards: all, at: first < 0 ? deck.at : first }, left };
}

function change(deck: Deck, ids: readonly string[], make: (card: Card) => Card): Deck {
  return { ...deck, cards: deck.cards.map((card) => (ids.includes(card.id) ? make(card) : card)) };
}
