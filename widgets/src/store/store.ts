import { ShellSlice } from "../app/slice";
import { DuplicateSlice } from "../duplicates/slice";
import { FacetSlice } from "../facets/slice";
import { GridSlice } from "../grid/slice";
import type { Model } from "../host";
import { HuntSlice } from "../hunt/slice";
import { InspectorSlice } from "../inspector/slice";
import { IssueSlice } from "../issues/slice";
import { JobSlice } from "../jobs/slice";
import { MapSlice } from "../map/slice";
import { PairSlice } from "../pairs/slice";
import { SearchSlice } from "../search/slice";
import { SelectionSlice } from "../selection/slice";
import { SplitSlice } from "../splits/slice";
import { Core } from "./core";

/** Everything that one widget on the screen knows. The kernel owns the data; this holds what is on the screen of it. */
export class Store {
  readonly core: Core;
  readonly shell: ShellSlice;
  readonly search: SearchSlice;
  readonly grid: GridSlice;
  readonly selection: SelectionSlice;
  readonly inspector: InspectorSlice;
  readonly facets: FacetSlice;
  readonly map: MapSlice;
  readonly jobs: JobSlice;
  readonly hunt: HuntSlice;
  readonly issues: IssueSlice;
  readonly duplicates: DuplicateSlice;
  readonly pairs: PairSlice;
  readonly splits: SplitSlice;

  constructor(model: Model) {
    this.core = new Core(model);
    this.shell = new ShellSlice(this.core);
    this.search = new SearchSlice(this.core);
    this.grid = new GridSlice(this.core);
    this.selection = new SelectionSlice(this.core, this.grid);
    this.inspector = new InspectorSlice(this.core, this.shell, this.grid, this.selection);
    this.facets = new FacetSlice(this.core);
    this.map = new MapSlice(this.core, this.selection, this.inspector);
    this.jobs = new JobSlice(this.core);
    this.hunt = new HuntSlice(this.core);
    this.issues = new IssueSlice(this.core, this.jobs);
    this.duplicates = new DuplicateSlice(this.core, this.shell, this.jobs);
    this.pairs = new PairSlice(this.core);
    this.splits = new SplitSlice(this.core, this.shell, this.jobs);
    // Not before every slice listens.
    void this.core.hello();
  }

  dispose(): void {
    for (const slice of [
      this.splits,
      this.pairs,
      this.duplicates,
      this.issues,
      this.hunt,
      this.map,
      this.facets,
      this.jobs,
      this.inspector,
      this.grid,
      this.search,
      this.shell,
    ]) {
      slice.dispose();
    }
    this.core.dispose();
  }
}
