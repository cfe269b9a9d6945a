import type { JudgePair, PairInfo, RowInfo } from "../protocol";

export type Verdict = JudgePair["verdict"];

/** One picture of a pair. */
export interface Side {
  readonly id: string;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** A blob URL of the thumbnail, or "" where there is none. */
  readonly url: string;
}

/**
 * Two samples that may be the same.
 *
 * sent: "open" without an answer; "pending" while the kernel does not have it yet; "saved" when it has; "failed" where it refused.
 */
export interface Pair {
  readonly key: string;
  readonly left: Side;
  readonly right: Side;
  /** Of all votes together, 0 to 1; null where nothing could be compared. */
  readonly similarity: number | null;
  readonly cosine: number | null;
  /** Bits in which the perceptual hashes differ. */
  readonly distance: number | null;
  readonly exact: boolean;
  readonly verdict: Verdict | null;
  readonly sent: "open" | "pending" | "saved" | "failed";
}

/** The pairs in the order in which they are looked at, and which of them is; behind the last, the next is on its way. */
export interface Deck {
  readonly pairs: readonly Pair[];
  readonly at: number;
}

export const EMPTY: Deck = { pairs: [], at: 0 };

/** How many answered pairs stay behind for whoever goes back. */
export const KEPT = 60;

/** Pairs of what the kernel sent; thumbnails lie in the buffer as left, right, left, right. */
export function pairsOf(infos: readonly PairInfo[], buffer: Uint8Array<ArrayBuffer>): Pair[] {
  let offset = 0;
  const side = (tile: RowInfo): Side => {
    const picture = buffer.subarray(offset, offset + tile.bytes);
    offset += tile.bytes;
    return {
      id: tile.sample_id,
      name: tile.name,
      width: tile.width,
      height: tile.height,
      url: tile.bytes > 0 ? URL.createObjectURL(new Blob([picture], { type: "image/jpeg" })) : "",
    };
  };
  return infos.map((info) => {
    const [left, right] = [side(info.left), side(info.right)];
    const { similarity, cosine, distance, exact, verdict } = info;
    const sent = verdict === null ? "open" : "saved";
    return { key: keyOf(left.id, right.id), left, right, similarity, cosine, distance, exact, verdict, sent };
  });
}

export const keyOf = (left: string, right: string) => `${left} ${right}`;

/** The first pair without an answer; the number of pairs where all have one. */
export function frontier({ pairs }: Deck): number {
  const found = pairs.findIndex(({ verdict }) => verdict === null);
  return found < 0 ? pairs.length : found;
}

/** The deck with new pairs at its end, and without old ones past what is kept. Gives those that left, too. */
export function grown(deck: Deck, came: readonly Pair[]): { deck: Deck; left: readonly Pair[] } {
  const held = new Set(deck.pairs.map(({ key }) => key));
  const all = [...deck.pairs, ...came.filter(({ key }) => !held.has(key))];
  const surplus = Math.max(0, deck.at - KEPT);
  return {
    deck: { pairs: all.slice(surplus), at: deck.at - surplus },
    left: [...came.filter(({ key }) => held.has(key)), ...all.slice(0, surplus)],
  };
}

/** The deck without pairs that are not looked at yet: at another threshold others are drawn. Gives those that left, too. */
export function redrawn(deck: Deck): { deck: Deck; left: readonly Pair[] } {
  const keeps = ({ verdict }: Pair, at: number) => verdict !== null || at === deck.at;
  const pairs = deck.pairs.filter(keeps);
  const now = deck.pairs[deck.at];
  const at = now === undefined ? pairs.length : pairs.indexOf(now);
  return { deck: { pairs, at }, left: deck.pairs.filter((pair, i) => !keeps(pair, i)) };
}

/** The deck with a pair as it is said to be. */
export function changed(deck: Deck, key: string, change: Partial<Pair>): Deck {
  return { ...deck, pairs: deck.pairs.map((pair) => (pair.key === key ? { ...pair, ...change } : pair)) };
}

/** The deck with a pair as it is after its answer was taken back, and looked at. */
export function takenBack(deck: Deck, pair: Pair): { deck: Deck; left: readonly Pair[] } {
  const found = deck.pairs.findIndex(({ key }) => key === pair.key);
  if (found >= 0) {
    const { verdict, sent } = pair;
    return { deck: { ...changed(deck, pair.key, { verdict, sent }), at: found }, left: [pair] };
  }
  const here = frontier(deck);
  return {
    deck: { pairs: [...deck.pairs.slice(0, here), pair, ...deck.pairs.slice(here)], at: here },
    left: [],
  };
}
