import { computed, effect, signal } from "@preact/signals";
import type { ShellSlice } from "../app/slice";
import type { JobSlice } from "../jobs/slice";
import type { ExportSplit, Job, MakeSplit, SplitForm, SplitPart, SplitState, Splits } from "../protocol";
import { Pictures } from "../review/pictures";
import { SOON_MS } from "../review/slice";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";
import { type Looked, pairsOf } from "./pairs";

type Order<T> = Omit<T, "type" | "client" | "id">;

/** The splits of the dataset: what holds for the one that is looked at, and making and exporting one. */
export class SplitSlice {
  readonly splits = signal<Splits | null>(null);
  /** Why nothing can be shown, or not this split. */
  readonly failure = signal<Failure | null>(null);
  readonly refusal = signal<Failure | null>(null);
  /** The name of the one that is looked at; "" where there is none. */
  readonly chosen = signal("");
  /** What holds for a split, mostly for the one that is chosen. */
  readonly state = signal<SplitState | null>(null);
  /** Its closest pairs. */
  readonly closest = signal<readonly Looked[]>([]);
  /** The form of a new split is open. */
  readonly making = signal(false);
  readonly exporting = signal(false);
  /** Pairs that are looked at closely, and which of them is. */
  readonly looked = signal<{ pairs: readonly Looked[]; at: number } | null>(null);
  readonly pictures: Pictures;

  /** The split that is being made from here. */
  private readonly ordered = signal<{ job: number; name: string } | null>(null);
  /** What was exported from here, by job. */
  private readonly exports = signal<ReadonlyMap<number, string>>(new Map());
  /** The split that is being made, or why it was not. */
  readonly job = computed(() => this.jobs.jobs.value.findLast(({ kind }) => kind === "split") ?? null);
  /** Exports of the split that is looked at. */
  readonly exported = computed(() =>
    this.jobs.jobs.value.filter(({ id }) => this.exports.value.get(id) === this.chosen.value),
  );

  private watched = 0;
  private abort: AbortController | undefined;
  private soonTimer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;
  private readonly off: (() => void)[];

  constructor(
    private readonly core: Core,
    private readonly shell: ShellSlice,
    private readonly jobs: JobSlice,
  ) {
    this.pictures = new Pictures(core.rpc);
    this.off = [
      core.onVersion((_, before) => {
        if (before === null) void this.follow();
      }),
      core.onEvent((event) => {
        if (event.type === "splits_changed") this.soon();
      }),
      effect(() => this.arrived(this.job.value)),
      effect(() => {
        const looked = this.looked.value;
        const near = looked === null ? [] : [looked.at, looked.at + 1, looked.at - 1];
        const pairs = near.flatMap((at) => looked?.pairs[at] ?? []);
        this.pictures.want(pairs.flatMap(({ left, right }) => [left.id, right.id]));
      }),
    ];
  }

  dispose(): void {
    this.disposed = true;
    for (const off of this.off) off();
    clearTimeout(this.soonTimer);
    this.abort?.abort();
    this.pictures.dispose();
    this.take(null, []);
  }

  /** The panel is on the screen until the returned function is called; nothing is asked for nobody. */
  watch(): () => void {
    this.watched++;
    if (this.watched === 1 && this.core.state.peek() !== null) void this.follow();
    return () => {
      this.watched--;
      this.looked.value = null;
      this.exporting.value = false;
    };
  }

  /** Whether the panel itself says how far a job is. */
  shows({ id, kind }: Job): boolean {
    const seen = this.core.part === "explorer" && this.shell.mode.value === "splits";
    return seen && (kind === "split" || this.exported.value.some((job) => job.id === id));
  }

  // -- what there is -------------------------------------------------------------------------------------------------

  private soon(): void {
    clearTimeout(this.soonTimer);
    this.soonTimer = setTimeout(() => void this.follow(), SOON_MS);
  }

  /** Ask which splits there are, and what holds for the chosen one; also the way back after an error. */
  async follow(): Promise<void> {
    if (this.watched === 0 || this.disposed) return;
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    try {
      const { reply } = await this.core.rpc.request("get_splits", {}, abort.signal);
      this.failure.value = null;
      this.splits.value = reply;
      const known = reply.splits.some(({ name }) => name === this.chosen.peek());
      if (!known) this.chosen.value = reply.splits[0]?.name ?? "";
    } catch (error) {
      if (!abort.signal.aborted) this.core.fail(error, this.failure);
      return;
    }
    const name = this.chosen.peek();
    if (name === "") return this.take(null, []);
    try {
      const { reply, buffer } = await this.core.rpc.request("get_split", { name }, abort.signal);
      this.refusal.value = null;
      this.take(reply, pairsOf(reply, buffer));
    } catch (error) {
      if (!abort.signal.aborted) this.core.fail(error, this.refusal);
    }
  }

  choose(name: string): void {
    this.refusal.value = null;
    this.making.value = false;
    this.chosen.value = name;
    void this.follow();
  }

  private take(state: SplitState | null, closest: readonly Looked[]): void {
    const before = this.closest.peek();
    this.state.value = state;
    this.closest.value = closest;
    // What is looked at closely keeps its pictures.
    if (this.looked.peek()?.pairs === before && !this.disposed) this.looked.value = null;
    for (const { left, right } of before)
      for (const { url } of [left, right]) if (url !== "") URL.revokeObjectURL(url);
  }

  /** Show the samples of a part in the grid; null shows those that are in none. */
  show(part: SplitPart["name"] | null): void {
    const filter = { type: "values" as const, values: [part] };
    this.shell.toSamples();
    if (this.shell.mode.peek() === "map") this.shell.setMode("both");
    void this.core.edit({ type: "set_facet", kind: "category", column: this.chosen.peek(), filter });
  }

  // -- making one ----------------------------------------------------------------------------------------------------

  async form(signal: AbortSignal): Promise<SplitForm> {
    return (await this.core.rpc.request("get_split_form", {}, signal)).reply;
  }

  /** Begin a split. Gives back why it was refused. */
  async make(order: Order<MakeSplit>): Promise<Failure | null> {
    const failed = this.job.peek();
    if (failed !== null && failed.state !== "running") this.jobs.dismiss(failed.id);
    try {
      const { reply } = await this.core.rpc.request("make_split", order);
      this.ordered.value = { job: reply.job.id, name: order.name };
      return null;
    } catch (error) {
      return failureOf(error);
    }
  }

  private arrived(job: Job | null): void {
    const ordered = this.ordered.value;
    if (job === null || job.state !== "done" || ordered?.job !== job.id) return;
    this.ordered.value = null;
    this.making.value = false;
    this.chosen.value = ordered.name;
    this.core.say(`Split ${ordered.name}: ${job.text}`);
    this.jobs.dismiss(job.id);
    void this.follow();
  }

  // -- handing one over ----------------------------------------------------------------------------------------------

  /** Begin an export of the chosen split. Gives back why it was refused. */
  async export(order: Omit<Order<ExportSplit>, "name">): Promise<Failure | null> {
    const name = this.chosen.peek();
    try {
      const { reply } = await this.core.rpc.request("export_split", { ...order, name });
      this.exports.value = new Map(this.exports.peek()).set(reply.job.id, name);
      this.exporting.value = false;
      return null;
    } catch (error) {
      return failureOf(error);
    }
  }

  // -- pairs ---------------------------------------------------------------------------------------------------------

  look(pairs: readonly Looked[], at: number): void {
    this.looked.value = { pairs, at };
  }

  step(by: number): void {
    const looked = this.looked.peek();
    const at = (looked?.at ?? 0) + by;
    if (looked?.pairs[at] !== undefined) this.looked.value = { ...looked, at };
  }

  /** Show both samples of the pair that is looked at in the grid, and nothing else. */
  async showPair(): Promise<void> {
    const looked = this.looked.peek();
    const pair = looked?.pairs[looked.at];
    if (pair === undefined) return;
    this.looked.value = null;
    try {
      const samples = [pair.left.id, pair.right.id];
      await this.core.rpc.request("select_samples", { operation: "set", samples });
    } catch (error) {
      return this.core.fail(error, null);
    }
    this.shell.toSamples();
    void this.core.edit({ type: "narrow", keep: true });
  }
}
