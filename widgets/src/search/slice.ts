import type { Core } from "../store/core";

export class SearchSlice {
  constructor(readonly core: Core) {}

  dispose(): void {}
}
