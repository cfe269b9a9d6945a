import { computed, signal } from "@preact/signals";
import type { GridSlice } from "../grid/slice";
import { copy } from "../store/copy";
import type { Core } from "../store/core";
import { apply, count as countRanges, decode, NOTHING, type Operation, type Ranges } from "./ranges";

const MOST_RANGES = 10_000;

/** What is selected, as rows of the view that is shown, and how that is changed. */
export class SelectionSlice {
  /** Rows of the current view. */
  readonly ranges = signal<Ranges>(NOTHING);
  /** How many of the view are selected. */
  readonly here = computed(() => countRanges(this.ranges.value));
  /** How many are selected, in the view and outside of it. */
  readonly selected = computed(() => {
    const state = this.core.state.value;
    return state === null ? 0 : Math.max(state.selected - state.selected_here, 0) + this.here.value;
  });

  private anchor = 0;
  private beforePick: Ranges | null = null;
  private sending = 0;
  private revision = -1;

  constructor(
    private readonly core: Core,
    private readonly grid: GridSlice,
  ) {
    core.onSelection((_, origin) => {
      if (origin !== core.rpc.client) void this.fetch();
    });
    core.onVersion((state, before) => {
      if (before !== null && before.rows !== state.rows) void this.fetch();
    });
  }

  /** A person picked a row: alone, together with what was picked, or everything from the last pick to here. */
  pick(row: number, how: { extend?: boolean; toggle?: boolean } = {}): void {
    this.grid.active.value = row;
    if (how.extend) {
      const [start, stop] = [Math.min(this.anchor, row), Math.max(this.anchor, row) + 1];
      this.change(how.toggle ? "add" : "set", start, stop);
      return;
    }
    this.anchor = row;
    if (!how.toggle) this.beforePick = this.ranges.peek();
    this.change(how.toggle ? "toggle" : "set", row, row + 1);
  }

  /** A double click enlarges: the selection is what it was before its first click. */
  takeBackPick(): void {
    const ranges = this.beforePick;
    if (ranges === null || ranges.length > MOST_RANGES) return;
    this.beforePick = null;
    this.ranges.value = ranges;
    this.send("set", ranges);
  }

  selectAll(): void {
    this.change("set", 0, this.core.state.peek()?.count ?? 0, true);
  }

  clear(): void {
    if (this.selected.peek() > 0) this.change("set", 0, 0);
  }

  /** The keyboard went to a row without picking it. */
  goTo(row: number): void {
    this.anchor = row;
    this.grid.active.value = row;
  }

  async tag(name: string, remove = false): Promise<boolean> {
    try {
      const { reply } = await this.core.rpc.request("tag", { name, remove });
      const samples = `${reply.changed.toLocaleString("en")} ${reply.changed === 1 ? "sample" : "samples"}`;
      this.core.say(remove ? `“${reply.name}” taken from ${samples}` : `“${reply.name}” given to ${samples}`);
      return true;
    } catch (error) {
      this.core.fail(error, null);
      return false;
    }
  }

  async copyIds(): Promise<void> {
    try {
      const { reply } = await this.core.rpc.request("get_ids", {});
      await copy(reply.ids.join("\n"));
      const [copied, all] = [reply.ids.length.toLocaleString("en"), reply.count.toLocaleString("en")];
      this.core.say(
        reply.ids.length < reply.count
          ? `${copied} of ${all} ids copied; selection.ids() has them all`
          : `${copied} ${reply.count === 1 ? "id" : "ids"} copied`,
      );
    } catch (error) {
      this.core.fail(error, null);
    }
  }

  private change(operation: Operation, start: number, stop: number, all = false): void {
    this.ranges.value = apply(this.ranges.peek(), operation, start, stop);
    this.send(operation, all ? null : stop > start ? [[start, stop]] : []);
  }

  private send(operation: Operation, ranges: Ranges | null): void {
    this.sending++;
    const version = this.core.state.peek()?.version ?? 0;
    this.core.rpc
      .request("select", { version, operation, ranges: ranges as [number, number][] | null })
      .then(({ reply }) => {
        this.sending--;
        // Two people may have picked at once: the kernel knows.
        if (this.sending === 0 && reply.here !== this.here.peek()) return this.fetch();
        return undefined;
      })
      .catch((error) => {
        this.sending--;
        this.core.fail(error, null);
        void this.fetch();
      });
  }

  private async fetch(): Promise<void> {
    try {
      const { reply, buffer } = await this.core.rpc.request("get_selection", {});
      if (reply.revision < this.revision) return;
      this.revision = reply.revision;
      this.ranges.value = decode(reply.encoding, buffer);
    } catch (error) {
      this.core.fail(error, null);
    }
  }
}
