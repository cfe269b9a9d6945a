import { signal } from "@preact/signals";
import type { Core } from "../store/core";

export type Mode = "both" | "grid" | "map";

/** What is arranged how: the panels, the mode, and what lies over them. */
export class ShellSlice {
  readonly help = signal(false);

  constructor(readonly core: Core) {}

  dispose(): void {}
}
