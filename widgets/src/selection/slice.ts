import { computed, signal } from "@preact/signals";
import type { GridSlice } from "../grid/slice";
import type { Export } from "../protocol";
import { copy } from "../store/copy";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";
import { apply, count as countRanges, decode, NOTHING, type Operation, type Ranges } from "./ranges";

/** Why nothing can be written. */
export const READ_ONLY = "This dataset is open for reading only";

/** What an action is done with. */
export type What = "selection" | "view";

/** The form that is open above the bar, and where the focus goes when it closes. */
export interface OpenForm {
  form: "tag" | "save" | "export";
  from: HTMLElement | null;
}

export type ExportOrder = Omit<Export, "type" | "client" | "id">;

interface Answered {
  reply: { revision: number; count: number; here: number };
}

const MOST_RANGES = 10_000;
const MOST_RECENT = 6;

/** What is selected, as rows of the view that is shown, and what is done with it. The kernel knows; this is ahead of it. */
export class SelectionSlice {
  /** Selected rows of the current view. */
  readonly ranges = signal<Ranges>(NOTHING);
  /** How many of the view are selected. */
  readonly here = signal(0);
  /** How many are selected that the view does not show. */
  readonly outside = signal(0);
  readonly selected = computed(() => this.here.value + this.outside.value);
  readonly opened = signal<OpenForm | null>(null);
  /** Tags that were given last, newest first. */
  readonly recent = signal<readonly string[]>([]);
  /** An action that is under way. */
  readonly acting = signal(false);
  /** The words in passing that undo belongs to, and what undo would take back then. */
  readonly undoable = signal<{ said: string; undo: string } | null>(null);

  private anchor = 0;
  private beforePick: Ranges | null = null;
  private sending = 0;
  private behind = false;
  private revision = -1;
  private fetching: AbortController | undefined;

  constructor(
    private readonly core: Core,
    private readonly grid: GridSlice,
  ) {
    core.onSelection((revision, origin) => {
      if (origin !== core.rpc.client && revision > this.revision) this.ask();
    });
    core.onVersion((state, before) => {
      const undoable = this.undoable.peek();
      // What was written just now is what undo would take back from here on.
      if (undoable?.undo === "") this.undoable.value = { ...undoable, undo: state.undo };
      if (before?.rows !== state.rows) {
        this.ranges.value = NOTHING;
        this.here.value = state.selected_here;
        this.outside.value = state.selected - state.selected_here;
        this.anchor = 0;
        this.beforePick = null;
        if (state.selected_here > 0) this.ask();
        else this.fetching?.abort();
      } else if (this.behind) this.ask();
    });
  }

  // Which samples

  /** A person picked a row: alone, together with what was picked, or everything from the last pick to here. */
  pick(row: number, how: { extend?: boolean; toggle?: boolean } = {}): void {
    if (!this.grid.settled) return;
    this.grid.active.value = row;
    if (how.extend) {
      const [start, stop] = [Math.min(this.anchor, row), Math.max(this.anchor, row) + 1];
      this.change(how.toggle ? "add" : "set", start, stop);
      return;
    }
    this.anchor = row;
    if (!how.toggle) this.beforePick = this.outside.peek() === 0 ? this.ranges.peek() : null;
    this.change(how.toggle ? "toggle" : "set", row, row + 1);
  }

  /** A double click enlarges: the selection is what it was before its first click. */
  takeBackPick(): void {
    const ranges = this.beforePick;
    if (ranges === null || ranges.length > MOST_RANGES) return;
    this.beforePick = null;
    this.take(ranges);
    this.send("set", ranges);
  }

  /** The keyboard went to a row without picking it. */
  goTo(row: number): void {
    this.anchor = row;
    this.grid.active.value = row;
  }

  /** Rows `[start, stop)` of the view. */
  change(operation: Operation, start: number, stop: number): void {
    if (!this.grid.settled) return;
    if (operation === "set") this.outside.value = 0;
    this.take(apply(this.ranges.peek(), operation, start, stop));
    this.send(operation, stop > start ? [[start, stop]] : []);
  }

  /** Every sample of the view; what is selected outside of it stays selected. */
  selectAll(): void {
    this.changeAll("add");
  }

  /** The samples of the view the other way round. */
  invert(): void {
    this.changeAll("toggle");
  }

  /** Nothing, in the view and outside of it. */
  clear(): void {
    if (this.selected.peek() === 0) return;
    this.take(NOTHING);
    this.outside.value = 0;
    this.confirm(this.core.rpc.request("select_samples", { operation: "set", samples: [] }));
  }

  /** These samples, in the view or outside of it. */
  toggleSamples(samples: string[]): void {
    this.answer(this.core.rpc.request("select_samples", { operation: "toggle", samples }));
  }

  /** Only what the view shows of the selection. */
  dropOutside(): void {
    const ranges = this.ranges.peek();
    if (ranges.length > MOST_RANGES) {
      this.core.say("It is in too many pieces; “Only these” shows it alone");
      return;
    }
    this.outside.value = 0;
    this.send("set", ranges);
  }

  private changeAll(operation: Operation): void {
    const count = this.core.state.peek()?.count ?? 0;
    if (!this.grid.settled || count === 0) return;
    this.take(apply(this.ranges.peek(), operation, 0, count));
    this.send(operation, null);
  }

  private take(ranges: Ranges): void {
    this.ranges.value = ranges;
    this.here.value = countRanges(ranges);
  }

  private send(operation: Operation, ranges: Ranges | null): void {
    const version = this.core.state.peek()?.version ?? 0;
    this.confirm(
      this.core.rpc.request("select", { version, operation, ranges: ranges as [number, number][] | null }),
    );
  }

  /** A change that was asked for here and whose rows are not known, as of a lasso: they are asked for afterwards. */
  answer(request: Promise<Answered>): void {
    this.behind = true;
    this.confirm(request);
  }

  private confirm(request: Promise<Answered>): void {
    this.sending++;
    request
      .then(({ reply }) => {
        this.sending--;
        this.revision = Math.max(this.revision, reply.revision);
        // Two people may have picked at once: the kernel knows.
        const differs = reply.here !== this.here.peek() || reply.count !== this.selected.peek();
        if (this.sending === 0 && (this.behind || differs)) this.ask();
      })
      .catch((error) => {
        this.sending--;
        this.core.fail(error, null);
        this.ask();
      });
  }

  /** Ask the kernel what is selected; later, where an own change is under way that it does not know yet. */
  private ask(): void {
    this.behind = this.sending > 0;
    if (!this.behind) void this.fetch();
  }

  private async fetch(): Promise<void> {
    this.fetching?.abort();
    const abort = new AbortController();
    this.fetching = abort;
    try {
      const { reply, buffer } = await this.core.rpc.request("get_selection", {}, abort.signal);
      // Own changes that were made meanwhile are not in it, and rows of another version may be other samples.
      this.behind = this.sending > 0 || reply.version !== this.core.state.peek()?.version;
      if (this.behind) return;
      this.revision = reply.revision;
      this.take(decode(reply.encoding, buffer));
      this.outside.value = Math.max(reply.count - reply.here, 0);
    } catch (error) {
      this.core.fail(error, null);
    }
  }

  // What is done with them

  /** What an action is done with now: the selection where there is one. */
  get what(): What {
    return this.selected.value > 0 ? "selection" : "view";
  }

  /** How many that are. */
  get many(): number {
    return this.selected.value || (this.core.state.value?.count ?? 0);
  }

  open(form: OpenForm["form"], from: HTMLElement | null): void {
    this.opened.value = { form, from };
  }

  close(): void {
    const from = this.opened.peek()?.from;
    this.opened.value = null;
    // The form gives the focus to its button as it goes; whoever came by the keyboard wants to go on where they were.
    if (from) requestAnimationFrame(() => from.focus({ preventScroll: true }));
  }

  /** Where nothing is selected, the row that the keyboard is at. */
  pickActive(): void {
    if (this.selected.peek() === 0) this.pick(this.grid.active.peek());
  }

  async tag(name: string, remove: boolean): Promise<Failure | null> {
    const version = this.core.state.peek()?.version;
    return this.act(async () => {
      const { reply } = await this.core.rpc.request("tag", { name, remove });
      const samples = many(reply.changed);
      this.recent.value = [reply.name, ...this.recent.peek().filter((known) => known !== reply.name)].slice(
        0,
        MOST_RECENT,
      );
      if (reply.changed > 0) {
        this.sayUndoable(
          remove ? `“${reply.name}” taken from ${samples}` : `“${reply.name}” given to ${samples}`,
          version,
        );
      } else
        this.core.say(
          remove ? `None of these had “${reply.name}”` : `All of these had “${reply.name}” already`,
        );
    });
  }

  async saveSlice(name: string, note: string, what: What): Promise<Failure | null> {
    const version = this.core.state.peek()?.version;
    return this.act(async () => {
      const { reply } = await this.core.rpc.request("save_slice", { name, note, what });
      this.sayUndoable(`Slice “${reply.name}” saved: ${many(reply.count)}`, version);
    });
  }

  async export(order: ExportOrder): Promise<Failure | null> {
    return this.act(async () => {
      const { reply } = await this.core.rpc.request("export", { ...order });
      this.core.say(reply.job.text || `${reply.job.title}: begun`);
    });
  }

  async toPython(): Promise<void> {
    const what = this.what;
    const failure = await this.act(async () => {
      const { reply } = await this.core.rpc.request("to_python", { what });
      const are = reply.count === 1 ? "is" : "are";
      const whole = what === "view" ? ", the whole view," : "";
      this.core.say(`${many(reply.count)}${whole} ${are} in Python as ${reply.name}`);
    });
    this.sayFailure(failure);
  }

  async copyIds(): Promise<void> {
    const failure = await this.act(async () => {
      const { reply } = await this.core.rpc.request("get_ids", {});
      await copy(reply.ids.join("\n"));
      const copied = reply.ids.length.toLocaleString("en");
      this.core.say(
        reply.ids.length < reply.count
          ? `${copied} of ${reply.count.toLocaleString("en")} ids copied; “To Python” has them all`
          : `${copied} ${reply.count === 1 ? "id" : "ids"} copied`,
      );
    });
    this.sayFailure(failure);
  }

  /** Look for samples like the selected ones, too. */
  similar(): void {
    if (this.selected.peek() > 0) void this.core.edit({ type: "add_examples", samples: null });
  }

  /** Show nothing but the selection, or leave it out. */
  narrow(keep: boolean): void {
    this.pickActive();
    if (this.selected.peek() > 0) void this.core.edit({ type: "narrow", keep });
  }

  /** @param version what was shown when the action began: past it, undo belongs to it already. */
  private sayUndoable(said: string, version: number | undefined): void {
    const state = this.core.state.peek();
    this.core.say(said);
    this.undoable.value = { said, undo: state?.version === version ? "" : (state?.undo ?? "") };
  }

  private sayFailure(failure: Failure | null): void {
    if (failure !== null)
      this.core.say(failure.hint ? `${failure.message} Hint: ${failure.hint}` : failure.message);
  }

  /** One action at a time; gives back why it failed. */
  private async act(action: () => Promise<void>): Promise<Failure | null> {
    if (this.acting.peek()) return null;
    this.acting.value = true;
    try {
      await action();
      return null;
    } catch (error) {
      return failureOf(error);
    } finally {
      this.acting.value = false;
    }
  }
}

function many(count: number): string {
  return `${count.toLocaleString("en")} ${count === 1 ? "sample" : "samples"}`;
}
