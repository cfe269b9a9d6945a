import type { SetVerdict } from "../protocol";

export type Verdict = SetVerdict["verdict"];

/**
 * What is asked about.
 *
 * sent: "open" without an answer; "pending" while the kernel does not have the answer yet; "saved" when it has; "failed"
 * where it refused.
 */
export interface Asked {
  readonly verdict: Verdict | null;
  readonly sent: "open" | "pending" | "saved" | "failed";
}

/** What is asked about in the order in which it is looked at, and what of it is looked at. */
export interface Deck<Card extends Asked> {
  readonly cards: readonly Card[];
  /** Of the current card; the number of cards where the next one is still on its way. */
  readonly at: number;
}

/** A deck, and the cards that left it: their pictures are needed no longer. */
export interface Changed<Card extends Asked> {
  readonly deck: Deck<Card>;
  readonly left: readonly Card[];
}

/** Blob URLs of thumbnails that lie one after the other in a buffer, in this order; "" where there is none. */
export function thumbnails(buffer: Uint8Array<ArrayBuffer>): (tile: { bytes: number }) => string {
  let offset = 0;
  return ({ bytes }) => {
    const picture = buffer.subarray(offset, offset + bytes);
    offset += bytes;
    return bytes > 0 ? URL.createObjectURL(new Blob([picture], { type: "image/jpeg" })) : "";
  };
}

/** Let go of pictures that nobody looks at any more. */
export function forget(pictures: readonly { url: string }[]): void {
  for (const { url } of pictures) if (url !== "") URL.revokeObjectURL(url);
}

/** The first card without an answer; the number of cards where all have one. */
export function frontier<Card extends Asked>({ cards }: Deck<Card>): number {
  const found = cards.findIndex(({ verdict }) => verdict === null);
  return found < 0 ? cards.length : found;
}

/** How many cards have no answer. */
export function open<Card extends Asked>({ cards }: Deck<Card>): number {
  return cards.reduce((sum, { verdict }) => sum + (verdict === null ? 1 : 0), 0);
}
