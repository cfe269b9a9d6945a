import type { SplitForm, SplitPair, SplitState, Splits } from "../protocol";
import { tile } from "../store/testing";

const PARTS = [
  { name: "train", samples: 1600 },
  { name: "val", samples: 200 },
  { name: "test", samples: 200 },
];

/** What the kernel says of splits of these names. */
export const splits = (names: readonly string[], why = ""): Splits => ({
  type: "splits",
  client: "",
  id: 0,
  version: 1,
  splits: names.map((name) => ({ name, at: "2026-11-24T00:00:00.000000Z", actor: "ada", parts: PARTS })),
  why,
});

const pair = (left: number, similarity: number, sides = ["test", "train"] as const): SplitPair => ({
  left: tile(left),
  right: tile(left + 1),
  left_part: sides[0],
  right_part: sides[1],
  similarity,
  by: "vector",
});

/** What the kernel says of a split of 2,000 samples that holds what it promises. */
export const certified = (changes: Partial<SplitState> = {}): SplitState => ({
  type: "split_state",
  client: "",
  id: 0,
  version: 1,
  name: "v1",
  event: "e1",
  checked: true,
  passed: true,
  parts: PARTS.map(({ name, samples }) => ({ name, wanted: samples, got: samples })),
  unassigned: 0,
  group_by: ["drive"],
  groups: 142,
  cut: 0,
  seed: 0,
  promises: [
    { name: "sizes", passed: true, text: "as wanted" },
    { name: "groups whole", passed: true, text: "0 of 142 groups cut" },
  ],
  warnings: [],
  columns: [
    {
      column: "weather",
      classes: [
        {
          value: "clear",
          total: 1500,
          counts: [1200, 150, 150],
          shares: [0.75, 0.75, 0.75],
          share: 0.75,
          deviation: 0,
        },
        {
          value: null,
          total: 500,
          counts: [450, 50, 0],
          shares: [0.25, 0.25, 0],
          share: 0.25,
          deviation: 2.5,
        },
      ],
      more: 3,
      deviation: 2.5,
    },
  ],
  nearness: {
    asked: "auto",
    threshold: 0.95,
    encoder: "demo",
    across: 0,
    copies: 0,
    highest: 0.94,
    reference: "train",
    closest: [pair(10, 0.94), pair(20, 0.93)],
    shares: [
      { part: "val", threshold: 0.95, samples: 200, near: 0 },
      { part: "test", threshold: 0.95, samples: 200, near: 0 },
      { part: "test", threshold: 0.9, samples: 200, near: 50 },
    ],
    notes: [],
  },
  largest: [
    {
      samples: 329,
      groups: 21,
      joins: [
        { left: "30", right: "31", similarity: 0.988, left_group: "drive-008", right_group: "drive-025" },
      ],
    },
  ],
  times: [],
  ...changes,
});

/** What a split can be asked for. */
export const form = (changes: Partial<SplitForm> = {}): SplitForm => ({
  type: "split_form",
  client: "",
  id: 0,
  name: "v1",
  stratify: [
    { name: "weather", kind: "category", values: 5 },
    ...Array.from({ length: 10 }, (_, i) => ({ name: `measure_${i}`, kind: "number" as const, values: 100 })),
  ],
  group_by: [{ name: "drive", kind: "category", values: 142 }],
  encoder: "demo",
  ...changes,
});
