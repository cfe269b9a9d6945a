import type { HuntState } from "../protocol";

/** What the kernel says of a hunt that has just begun. */
export const stand = (changes: Partial<HuntState> = {}): HuntState => ({
  type: "hunt_state",
  client: "",
  id: 0,
  version: 1,
  name: "night hail",
  looks_for: "night hail",
  total: 2000,
  answered: 0,
  found: 0,
  rejected: 0,
  unsure: 0,
  curve: [],
  audit: null,
  again: 0,
  estimate: [],
  audited: false,
  advice: [],
  undo: "",
  settled: [],
  ...changes,
});
