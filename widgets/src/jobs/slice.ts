import type { Core } from "../store/core";

export class JobSlice {
  constructor(readonly core: Core) {}

  dispose(): void {}
}
