import type { DuplicateGroup, DuplicatesState } from "../protocol";
import { tile } from "../store/testing";

/** What the kernel says of twenty groups, of which nobody has looked at one. */
export const standing = (changes: Partial<DuplicatesState> = {}): DuplicatesState => ({
  type: "duplicates_state",
  client: "",
  id: 0,
  version: 1,
  searched: true,
  search: "search-1",
  why: "",
  groups: 20,
  open: 20,
  accepted: 0,
  distinct: 0,
  exact: 5,
  near: 14,
  sequences: 1,
  redundant: 20,
  threshold: 0.934,
  note: "measured on 400 altered copies",
  first_open: 0,
  ...changes,
});

/** The group of a place: samples 10, 11 … of the first, 20, 21 … of the second. */
export const group = (place: number, changes: Partial<DuplicateGroup> = {}): DuplicateGroup => {
  const first = 10 * (place + 1);
  return {
    group: String(place),
    kind: "near",
    state: "open",
    count: 3,
    keep: String(first),
    best: String(first),
    why: "largest",
    similarity: 0.95,
    span: "",
    members: [first, first + 1, first + 2].map((id, i) => ({
      tile: tile(id),
      similarity: i === 0 ? null : 0.95,
      facts: "4 × 3",
    })),
    ...changes,
  };
};

/** A reply with the groups of these places. */
export const groupsFrom = (start: number, count: number, changes: Partial<DuplicateGroup> = {}) => ({
  type: "duplicate_groups" as const,
  version: 1,
  search: "search-1",
  start,
  groups: Array.from({ length: count }, (_, i) => group(start + i, changes)),
});
