import type { IssueKind, Issues } from "../protocol";

const kind = (name: string, title: string, all: number): IssueKind => ({
  kind: name,
  title,
  column: `is_${name}_issue`,
  about: "",
  all,
  view: all,
  picked: false,
});

/** What the kernel says is wrong with 2,000 samples. */
export const issues = (changes: Partial<Issues> = {}): Issues => ({
  type: "issues",
  client: "",
  id: 0,
  version: 1,
  searched: true,
  at: "2026-11-23T20:47:00.000000Z",
  why: "",
  samples: 2000,
  any_all: 45,
  any_view: 45,
  kinds: [kind("dark", "Dark", 40), kind("blurry", "Blurry", 5), kind("light", "Light", 0)],
  ...changes,
});
