import type { Core } from "../store/core";

export class FacetSlice {
  constructor(readonly core: Core) {}

  dispose(): void {}
}
