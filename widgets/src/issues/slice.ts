import { computed, signal } from "@preact/signals";
import type { Filter } from "../facets/picks";
import type { JobSlice } from "../jobs/slice";
import type { IssueKind, Issues } from "../protocol";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";

/** What is wrong with the pictures and their labels, counted in the dataset and in the view. */
export class IssueSlice {
  readonly issues = signal<Issues | null>(null);
  readonly failure = signal<Failure | null>(null);
  /** The search that runs, or what came of the last one. */
  readonly job = computed(() => this.jobs.jobs.value.findLast(({ kind }) => kind === "issues") ?? null);
  readonly open = computed(() => this.core.layout.get("issues", true));
  /** Kinds that were clicked and are not counted yet. */
  private readonly clicked = signal<ReadonlyMap<string, boolean>>(new Map());

  private readonly off: (() => void)[];
  private watched = 0;
  private abort: AbortController | undefined;
  private disposed = false;

  constructor(
    private readonly core: Core,
    private readonly jobs: JobSlice,
  ) {
    this.off = [
      core.onVersion(() => void this.load()),
      core.onEvent((event) => {
        if (event.type === "issues_changed") void this.load();
      }),
    ];
  }

  dispose(): void {
    this.disposed = true;
    for (const off of this.off) off();
    this.abort?.abort();
  }

  /** The card is on the screen, until the returned function is called; nothing is counted for nobody. */
  watch(): () => void {
    this.watched++;
    if (this.watched === 1 && this.core.state.peek() !== null) void this.load();
    return () => {
      this.watched--;
    };
  }

  async load(): Promise<void> {
    if (this.watched === 0 || this.disposed) return;
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    try {
      const { reply } = await this.core.rpc.request("get_issues", {}, abort.signal);
      this.failure.value = null;
      this.issues.value = reply;
      this.clicked.value = new Map();
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== null && !abort.signal.aborted && !this.disposed) this.failure.value = failure;
    }
  }

  /** Whether the view keeps nothing but samples of this kind. */
  picked(kind: IssueKind): boolean {
    return this.clicked.value.get(kind.column) ?? kind.picked;
  }

  /** Keep nothing but samples of this kind, or no longer so. */
  async toggle(kind: IssueKind): Promise<void> {
    const picked = !this.picked(kind);
    this.click(kind.column, picked);
    const filter: Filter = picked ? { type: "values", values: [true] } : null;
    const done = await this.core.edit({ type: "set_facet", kind: "boolean", column: kind.column, filter });
    if (!done) this.click(kind.column, null);
  }

  async find(): Promise<void> {
    try {
      await this.core.rpc.request("find_issues", {});
    } catch (error) {
      this.core.fail(error, this.failure);
    }
  }

  fold(): void {
    this.core.layout.set("issues", !this.open.peek());
  }

  private click(column: string, picked: boolean | null): void {
    const clicked = new Map(this.clicked.peek());
    if (picked === null) clicked.delete(column);
    else clicked.set(column, picked);
    this.clicked.value = clicked;
  }
}
