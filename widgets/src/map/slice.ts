import type { InspectorSlice } from "../inspector/slice";
import type { SelectionSlice } from "../selection/slice";
import type { Core } from "../store/core";

export class MapSlice {
  constructor(
    readonly core: Core,
    readonly selection: SelectionSlice,
    readonly inspector: InspectorSlice,
  ) {}

  dispose(): void {}
}
