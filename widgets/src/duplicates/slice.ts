import { computed, effect, signal } from "@preact/signals";
import type { ShellSlice } from "../app/slice";
import type { JobSlice } from "../jobs/slice";
import type { DuplicatesState } from "../protocol";
import { Pictures } from "../review/pictures";
import { SOON_MS } from "../review/slice";
import { counted } from "../review/wording";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";
import { changed, following, type Group, type Groups, groupsOf, merged, NONE, near } from "./groups";

/** Groups that are asked for at once. */
const BATCH = 8;
/** Groups on either side of the current one that stay in memory. */
const KEPT = 200;
/** Members of a group that are shown at their full size; of more there is no room to see it. */
const LARGE = 4;

/** The groups of duplicates: which is looked at, which of its samples is to stay, and what was said of the others. */
export class DuplicateSlice {
  readonly state = signal<DuplicatesState | null>(null);
  /** Why nothing can be shown. */
  readonly failure = signal<Failure | null>(null);
  /** Why the last verdict was refused. */
  readonly refusal = signal<Failure | null>(null);
  readonly groups = signal<Groups>(NONE);
  /** The place of the current group; the number of groups behind the last. */
  readonly at = signal(0);
  /** All that follow are to be accepted, once somebody has said so twice. */
  readonly asking = signal(false);
  /** Verdicts that the kernel does not have yet. */
  readonly pending = signal(0);
  readonly group = computed<Group | null>(() => this.groups.value.get(this.at.value) ?? null);
  /** The search that runs, or what came of the last one. */
  readonly job = computed(() => this.jobs.jobs.value.findLast(({ kind }) => kind === "duplicates") ?? null);
  readonly pictures: Pictures;

  /** Samples that a person chose to keep, by group. */
  private readonly chosen = signal<ReadonlyMap<string, string>>(new Map());
  /** Places whose groups may have another verdict by now. */
  private stale = new Set<number>();
  /** Places of the rail that are in sight. */
  private sight: readonly [number, number] = [0, 0];
  /** Where verdicts were given here, the last one last. */
  private trail: number[] = [];
  private watched = 0;
  private loading: AbortController | null = null;
  private soonTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly off: (() => void)[];
  private disposed = false;

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
      // Whoever changes the query wants to see what it gives.
      core.onSent(() => shell.toSamples()),
      core.onEvent((event) => {
        if (event.type === "duplicates_changed") this.soon(event.version);
      }),
      effect(() => {
        const group = shell.mode.value === "duplicates" ? this.group.value : null;
        this.pictures.want(group?.members.slice(0, LARGE).map(({ id }) => id) ?? []);
      }),
    ];
  }

  dispose(): void {
    this.disposed = true;
    for (const off of this.off) off();
    clearTimeout(this.soonTimer);
    this.loading?.abort();
    this.pictures.dispose();
    this.forget([...this.groups.peek().values()].flatMap(({ members }) => members.map(({ url }) => url)));
  }

  // -- how it stands ---------------------------------------------------------------------------------------------

  /** The groups, or how many there are, are on the screen until the returned function is called. */
  watch(): () => void {
    this.watched++;
    if (this.watched === 1 && this.core.state.peek() !== null) void this.follow();
    return () => {
      this.watched--;
    };
  }

  private soon(version: number): void {
    clearTimeout(this.soonTimer);
    this.soonTimer = setTimeout(() => {
      if (version > (this.state.peek()?.version ?? -1)) void this.follow(true);
    }, SOON_MS);
  }

  /**
   * Ask how it stands; also the way back after an error.
   *
   * @param anew somebody else may have given verdicts, or taken them back.
   */
  async follow(anew = false): Promise<void> {
    if (this.watched === 0 || this.disposed) return;
    try {
      const { reply } = await this.core.rpc.request("get_duplicates", {});
      if (anew) this.stale = new Set(this.groups.peek().keys());
      this.take(reply);
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== null && !this.disposed) this.failure.value = failure;
    }
  }

  async find(): Promise<void> {
    try {
      await this.core.rpc.request("find_duplicates", {});
    } catch (error) {
      this.core.fail(error, null);
    }
  }

  private take(state: DuplicatesState): void {
    const before = this.state.peek();
    this.failure.value = null;
    if (before !== null && before.search === state.search && state.version < before.version) return;
    this.state.value = state;
    if (before?.search !== state.search) {
      this.forget([...this.groups.peek().values()].flatMap(({ members }) => members.map(({ url }) => url)));
      this.groups.value = NONE;
      this.chosen.value = new Map();
      this.trail = [];
      this.stale.clear();
      this.at.value = state.first_open < 0 ? state.groups : state.first_open;
    }
    this.ensure();
  }

  // -- verdicts --------------------------------------------------------------------------------------------------

  /** The sample of a group that is to stay: the one that somebody chose, or the best. */
  kept(group: Group): string {
    return this.chosen.value.get(group.group) ?? group.keep;
  }

  /** Keep another member of the current group, counted from 0. */
  keep(place: number): void {
    const group = this.group.peek();
    const member = group?.members[place];
    if (group === null || member === undefined) return;
    this.chosen.value = new Map(this.chosen.peek()).set(group.group, member.id);
  }

  /** The rest of the current group are duplicates of the one that is kept; go on to the next. */
  accept(): void {
    this.judge("accepted");
  }

  /** The members of the current group are different pictures; go on to the next. */
  refuse(): void {
    this.judge("distinct");
  }

  private judge(verdict: "accepted" | "distinct"): void {
    const [group, at, state] = [this.group.peek(), this.at.peek(), this.state.peek()];
    if (group === null || state === null) return;
    this.refusal.value = null;
    const keep = this.kept(group);
    const same = group.state === verdict && (verdict === "distinct" || group.keep === keep);
    if (!same) void this.send(group, at, verdict, keep, state.search);
    this.look(following(this.groups.peek(), at, state.groups));
  }

  private async send(
    before: Group,
    at: number,
    verdict: "accepted" | "distinct",
    keep: string,
    search: string,
  ): Promise<void> {
    this.groups.value = changed(this.groups.peek(), at, { state: verdict, keep });
    this.trail.push(at);
    this.pending.value++;
    try {
      const asked = { search, groups: [before.group], verdict, keep: verdict === "accepted" ? keep : null };
      this.take((await this.core.rpc.request("judge_groups", asked)).reply);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null || this.disposed) return;
      this.trail = this.trail.filter((place) => place !== at);
      this.groups.value = changed(this.groups.peek(), at, { state: before.state, keep: before.keep });
      this.look(at);
      this.refusal.value = failure;
      void this.follow(true);
    } finally {
      this.pending.value--;
    }
  }

  /** Accept the current group and every open one behind it, the best of each kept. */
  async acceptRest(): Promise<void> {
    const state = this.state.peek();
    this.asking.value = false;
    if (state === null) return;
    this.refusal.value = null;
    this.pending.value++;
    try {
      const start = this.at.peek();
      const { reply } = await this.core.rpc.request("accept_from", { search: state.search, start });
      const accepted = reply.accepted - (this.state.peek()?.accepted ?? 0);
      this.trail.push(start);
      this.stale = new Set(this.groups.peek().keys());
      this.look(reply.groups);
      this.take(reply);
      this.core.say(`Accepted ${counted(accepted, "group")}`);
    } catch (error) {
      this.core.fail(error, this.refusal);
    } finally {
      this.pending.value--;
    }
  }

  /** Take back the last step, and look at the group again where that was a verdict of one. */
  async undo(): Promise<void> {
    const before = this.state.peek()?.version ?? 0;
    this.refusal.value = null;
    await this.core.undo();
    this.stale = new Set(this.groups.peek().keys());
    await this.follow(true);
    const last = this.trail.at(-1);
    if (last === undefined || (this.state.peek()?.version ?? 0) === before) return;
    this.trail.pop();
    this.look(last);
  }

  // -- where one looks -------------------------------------------------------------------------------------------

  step(by: number): void {
    this.look(this.at.peek() + by);
  }

  look(at: number): void {
    const count = this.state.peek()?.groups ?? 0;
    this.at.value = Math.min(Math.max(at, 0), count);
    this.ensure();
  }

  /** Back to the first group without a verdict. */
  first(): void {
    const first = this.state.peek()?.first_open ?? -1;
    if (first >= 0) this.look(first);
  }

  /** These places of the rail are in sight. */
  see(first: number, last: number): void {
    this.sight = [first, last];
    this.ensure();
  }

  /** See that what is looked at is there, and then what is in sight. */
  private ensure(): void {
    const count = this.state.peek()?.groups ?? 0;
    if (this.disposed || this.loading !== null || this.watched === 0) return;
    if (this.shell.mode.peek() !== "duplicates") return;
    const at = this.at.peek();
    const ahead = [at, at + 1, at + 2, at - 1];
    const rail = Array.from({ length: this.sight[1] - this.sight[0] }, (_, i) => this.sight[0] + i);
    const missing = [...ahead, ...rail].find(
      (place) => place >= 0 && place < count && (this.stale.has(place) || !this.groups.peek().has(place)),
    );
    if (missing !== undefined) void this.load(missing, Math.min(missing + BATCH, count));
  }

  private async load(start: number, stop: number): Promise<void> {
    const abort = new AbortController();
    this.loading = abort;
    try {
      const asked = { start, stop };
      const { reply, buffer } = await this.core.rpc.request("get_duplicate_groups", asked, abort.signal);
      const came = groupsOf(reply, buffer);
      if (abort.signal.aborted || this.disposed || reply.search !== this.state.peek()?.search) {
        this.forget([...came.values()].flatMap(({ members }) => members.map(({ url }) => url)));
        this.loading = null;
        if (!abort.signal.aborted) void this.follow();
        return;
      }
      this.loading = null;
      for (const place of came.keys()) this.stale.delete(place);
      // A verdict on its way is not taken back by what was read before it.
      if (this.pending.peek() > 0)
        for (const place of this.trail.slice(-this.pending.peek())) came.delete(place);
      const all = merged(this.groups.peek(), came);
      const held = near(all.groups, this.at.peek(), KEPT);
      this.groups.value = held.groups;
      this.forget([...all.left, ...held.left]);
      if (reply.groups.length > 0) this.ensure();
    } catch (error) {
      const failure = failureOf(error);
      if (abort.signal.aborted || failure === null || this.disposed) return;
      this.loading = null;
      if (this.group.peek() === null) this.failure.value = failure;
    }
  }

  private forget(urls: readonly string[]): void {
    for (const url of urls) if (url !== "") URL.revokeObjectURL(url);
  }
}
