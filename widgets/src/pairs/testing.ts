import type { PairInfo, PairReviewState } from "../protocol";
import { tile } from "../store/testing";

/** What the kernel says of a review that has just begun. */
export const standing = (changes: Partial<PairReviewState> = {}): PairReviewState => ({
  type: "pair_review_state",
  client: "",
  id: 0,
  version: 1,
  encoder: "demo",
  threshold: 0.93,
  chosen: 0.93,
  low: 0.85,
  high: 1,
  pairs: 40,
  groups: 30,
  redundant: 31,
  edges: [0.4, 0.6, 0.8, 1],
  altered: [0, 2, 9],
  distinct: [90, 10, 0],
  found: [0, 0, 40],
  reviewed: 0,
  yes: 0,
  no: 0,
  unsure: 0,
  left: 40,
  precision: null,
  precision_low: null,
  precision_high: null,
  expected: 0.991,
  wanted: 0.99,
  undo: "",
  note: "",
  ...changes,
});

/** Samples 10 and 11 of the first pair, 20 and 21 of the second. */
export const pair = (place: number, changes: Partial<PairInfo> = {}): PairInfo => ({
  left: tile(10 * (place + 1)),
  right: tile(10 * (place + 1) + 1),
  similarity: 0.9539,
  cosine: 0.9,
  distance: 6,
  exact: false,
  verdict: null,
  ...changes,
});

export const pairsFrom = (start: number, count: number) => ({
  type: "pairs" as const,
  pairs: Array.from({ length: count }, (_, i) => pair(start + i)),
});
