import { batch, signal } from "@preact/signals";
import { PAGE_ROWS, type State } from "../protocol";
import type { Core } from "../store/core";
import type { Failure } from "../store/failure";
import { Pages } from "./pages";

export const SMALLEST = 64;
export const LARGEST = 400;
const PAGE_DELAY_MS = 60;
const TRAITS = ["thumbnail_size", "columns"];

/** The tiles that are on the screen, and how large they are. */
export class GridSlice {
  readonly pages = new Pages();
  /** Counts up when a page arrived, so that tiles are drawn again. */
  readonly arrived = signal(0);
  readonly failure = signal<Failure | null>(null);
  /** The row that the keyboard is at. */
  readonly active = signal(0);
  readonly size = signal(160);
  readonly columns = signal<number | null>(null);
  /** The row that should be scrolled to, and a count, so that the same row can be asked for twice. */
  readonly revealed = signal<{ row: number; times: number }>({ row: 0, times: 0 });

  private wanted: readonly number[] = [];
  private readonly loading = new Map<number, AbortController>();
  private pageTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly core: Core) {
    for (const name of TRAITS) core.model.on(`change:${name}`, this.readTraits);
    this.readTraits();
    core.onVersion((state, before) => this.renew(state, before));
  }

  dispose(): void {
    for (const name of TRAITS) this.core.model.off(`change:${name}`, this.readTraits);
    clearTimeout(this.pageTimer);
    for (const abort of this.loading.values()) abort.abort();
    this.pages.clear();
  }

  /** Scroll to a row. */
  reveal(row: number): void {
    this.revealed.value = { row, times: this.revealed.peek().times + 1 };
  }

  /** The rows `[first, last)` are on the screen: load what is missing, forget what is no longer wanted. */
  show(first: number, last: number): void {
    const pages: number[] = [];
    for (let page = Math.floor(first / PAGE_ROWS); page * PAGE_ROWS < last; page++) pages.push(page);
    this.wanted = pages;
    for (const [page, abort] of this.loading) if (!pages.includes(page)) abort.abort();
    if (this.pageTimer !== undefined) return;
    // The first pages come at once; while somebody scrolls, only what stays on the screen is asked for.
    const delay = this.arrived.peek() === 0 ? 0 : PAGE_DELAY_MS;
    this.pageTimer = setTimeout(() => {
      this.pageTimer = undefined;
      this.load();
    }, delay);
  }

  retry(): void {
    this.failure.value = null;
    this.load();
  }

  resize(size: number): void {
    this.size.value = Math.round(Math.min(Math.max(size, SMALLEST), LARGEST));
    this.columns.value = null;
    this.core.model.set("thumbnail_size", this.size.value);
    this.core.model.set("columns", null);
    this.core.model.save_changes();
  }

  private load(): void {
    const count = this.core.state.peek()?.count ?? 0;
    for (const page of this.wanted) {
      const start = this.loading.has(page) ? -1 : this.pages.missing(page, count);
      if (start >= 0) void this.loadPage(page, start, count);
    }
  }

  private async loadPage(page: number, start: number, count: number): Promise<void> {
    const abort = new AbortController();
    this.loading.set(page, abort);
    const stop = Math.min((page + 1) * PAGE_ROWS, count);
    try {
      const { reply, buffer } = await this.core.rpc.request("get_page", { start, stop }, abort.signal);
      batch(() => {
        this.pages.put(reply.start, reply.rows, buffer);
        this.arrived.value++;
        this.failure.value = null;
      });
      this.loading.delete(page);
      // A page whose pictures pass 1 MB comes in parts.
      if (reply.rows.length > 0) this.load();
    } catch (error) {
      this.loading.delete(page);
      this.core.fail(error, this.failure);
    }
  }

  /** What is shown of the rows has changed: ask for the pages on the screen again, and drop the others. */
  private renew(state: State, before: State | null): void {
    this.active.value = Math.min(this.active.peek(), Math.max(state.count - 1, 0));
    if (before === null) return;
    for (const abort of this.loading.values()) abort.abort();
    this.loading.clear();
    this.pages.expire(this.wanted);
    for (const page of this.wanted) {
      if (page * PAGE_ROWS < state.count) void this.loadPage(page, page * PAGE_ROWS, state.count);
    }
    this.arrived.value++;
  }

  private readonly readTraits = (): void => {
    this.size.value = Number(this.core.model.get("thumbnail_size") ?? 160);
    const columns = this.core.model.get("columns");
    this.columns.value = typeof columns === "number" ? columns : null;
  };
}
