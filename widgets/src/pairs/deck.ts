import type { PairInfo, RowInfo } from "../protocol";
import {
  type Asked,
  type Changed,
  frontier,
  forget as letGo,
  type Deck as ReviewDeck,
  thumbnails,
} from "../review/deck";

export type Deck = ReviewDeck<Pair>;

/** One picture of a pair. */
export interface Side {
  readonly id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** A blob URL of the thumbnail, or "" where there is none. */
  readonly url: string;
}

/** Two samples that may be the same. */
export interface Pair extends Asked {
  readonly key: string;
  readonly left: Side;
  readonly right: Side;
  /** Of all votes together, 0 to 1; null where nothing could be compared. */
  readonly similarity: number | null;
  readonly cosine: number | null;
  /** Bits in which the perceptual hashes differ. */
  readonly distance: number | null;
  readonly exact: boolean;
}

export const EMPTY: Deck = { cards: [], at: 0 };

/** How many answered pairs stay behind for whoever goes back. */
export const KEPT = 60;

/** Pairs of what the kernel sent; thumbnails lie in the buffer as left, right, left, right. */
export function pairsOf(infos: readonly PairInfo[], buffer: Uint8Array<ArrayBuffer>): Pair[] {
  const cut = thumbnails(buffer);
  const side = (tile: RowInfo): Side => {
    const { sample_id: id, name, width, height } = tile;
    return { id, name, width, height, url: cut(tile) };
  };
  return infos.map((info) => {
    const [left, right] = [side(info.left), side(info.right)];
    const { similarity, cosine, distance, exact, verdict } = info;
    const sent = verdict === null ? "open" : "saved";
    return { key: keyOf(left.id, right.id), left, right, similarity, cosine, distance, exact, verdict, sent };
  });
}

export const keyOf = (left: string, right: string) => `${left} ${right}`;

/** Let go of the pictures of pairs that left. */
export const forget = (pairs: readonly Pair[]) => letGo(pairs.flatMap(({ left, right }) => [left, right]));

/** The deck with new pairs at its end, and without old ones past what is kept. Gives those that left, too. */
export function grown(deck: Deck, came: readonly Pair[]): Changed<Pair> {
  const held = new Set(deck.cards.map(({ key }) => key));
  const all = [...deck.cards, ...came.filter(({ key }) => !held.has(key))];
  const surplus = Math.max(0, deck.at - KEPT);
  return {
    deck: { cards: all.slice(surplus), at: deck.at - surplus },
    left: [...came.filter(({ key }) => held.has(key)), ...all.slice(0, surplus)],
  };
}

/** The deck without pairs that are not looked at yet: at another threshold others are drawn. Gives those that left, too. */
export function redrawn(deck: Deck): Changed<Pair> {
  const keeps = ({ verdict }: Pair, at: number) => verdict !== null || at === deck.at;
  const cards = deck.cards.filter(keeps);
  const now = deck.cards[deck.at];
  const at = now === undefined ? cards.length : cards.indexOf(now);
  return { deck: { cards, at }, left: deck.cards.filter((pair, i) => !keeps(pair, i)) };
}

/** The deck with a pair as it is said to be. */
export function changed(deck: Deck, key: string, change: Partial<Pair>): Deck {
  return { ...deck, cards: deck.cards.map((pair) => (pair.key === key ? { ...pair, ...change } : pair)) };
}

/** The deck with a pair as it is after its answer was taken back, and looked at. */
export function takenBack(deck: Deck, pair: Pair): Changed<Pair> {
  const found = deck.cards.findIndex(({ key }) => key === pair.key);
  if (found >= 0) {
    const { verdict, sent } = pair;
    return { deck: { ...changed(deck, pair.key, { verdict, sent }), at: found }, left: [pair] };
  }
  const here = frontier(deck);
  return {
    deck: { cards: [...deck.cards.slice(0, here), pair, ...deck.cards.slice(here)], at: here },
    left: [],
  };
}
