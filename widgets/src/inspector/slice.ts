import { signal } from "@preact/signals";
import type { Core } from "../store/core";

/** The sample that is looked at: beside the grid, or large over everything. */
export interface Opened {
  sampleId: string;
  /** Where it is in the view, where whoever opened it knows. */
  row: number | null;
}

export class InspectorSlice {
  readonly opened = signal<Opened | null>(null);
  readonly large = signal(false);

  constructor(readonly core: Core) {}

  open(sampleId: string, options: { row?: number; large?: boolean } = {}): void {
    this.opened.value = { sampleId, row: options.row ?? null };
    if (options.large) this.large.value = true;
  }

  close(): void {
    this.large.value = false;
    this.opened.value = null;
  }

  dispose(): void {
    this.close();
  }
}
