import { batch, computed, signal } from "@preact/signals";
import { Pages } from "./grid/pages";
import type { Model } from "./host";
import { type Event, type Field, PAGE_ROWS, type State } from "./protocol";
import { KernelError, RpcClient } from "./rpc/client";
import {
  apply,
  count as countRanges,
  decode,
  NOTHING,
  type Operation,
  type Ranges,
} from "./selection/ranges";

export interface Failure {
  message: string;
  hint: string;
}

/** The sample that is open in the lightbox. */
export interface Opened {
  row: number;
  name: string;
  sampleId: string;
  url: string;
  tags: string[];
  fields: Field[];
  note: string;
  failure: Failure | null;
  loading: boolean;
}

export const SMALLEST = 64;
export const LARGEST = 400;
const TOAST_MS = 4000;
const PAGE_DELAY_MS = 60;
const MOST_RANGES = 10_000;

/** Everything that one gallery on the screen knows. The kernel owns the data; this holds what is on the screen of it. */
export class GalleryStore {
  readonly state = signal<State | null>(null);
  readonly failure = signal<Failure | null>(null);
  readonly pages = new Pages();
  /** Counts up when a page arrived, so that tiles are drawn again. */
  readonly arrived = signal(0);
  readonly pageFailure = signal<Failure | null>(null);
  readonly selection = signal<Ranges>(NOTHING);
  readonly selected = computed(() => countRanges(this.selection.value));
  readonly active = signal(0);
  readonly size = signal(160);
  readonly columns = signal<number | null>(null);
  readonly height = signal(560);
  readonly opened = signal<Opened | null>(null);
  readonly help = signal(false);
  readonly toast = signal("");
  readonly stale = signal(false);
  readonly knownTags = signal<readonly string[]>([]);
  readonly rpc: RpcClient;

  private anchor = 0;
  private beforePick: Ranges | null = null;
  private revision = 0;
  private wanted: readonly number[] = [];
  private readonly loading = new Map<number, AbortController>();
  private pageTimer: ReturnType<typeof setTimeout> | undefined;
  private toastTimer: ReturnType<typeof setTimeout> | undefined;
  private openedAbort: AbortController | undefined;
  private sending = 0;

  constructor(private readonly model: Model) {
    this.rpc = new RpcClient(model, (event) => this.hear(event));
    for (const name of ["thumbnail_size", "columns", "height"]) model.on(`change:${name}`, this.readTraits);
    this.readTraits();
    void this.hello();
  }

  dispose(): void {
    for (const name of ["thumbnail_size", "columns", "height"])
      this.model.off(`change:${name}`, this.readTraits);
    clearTimeout(this.pageTimer);
    clearTimeout(this.toastTimer);
    this.close();
    this.rpc.dispose();
    this.pages.clear();
  }

  /** Ask what the view is; also the way back after an error. */
  async hello(): Promise<void> {
    try {
      const { reply } = await this.rpc.request("hello", {});
      this.take(reply);
      if (reply.selected !== this.selected.peek()) await this.fetchSelection();
    } catch (error) {
      this.fail(error, this.failure);
    }
  }

  async refresh(): Promise<void> {
    try {
      const { reply } = await this.rpc.request("refresh", {});
      this.take(reply);
    } catch (error) {
      this.fail(error, this.failure);
    }
  }

  /** The contact sheet of a saved widget, to be shown while no kernel has answered. */
  still(): string {
    const still = String(this.model.get("_still") ?? "");
    return still.startsWith("data:image/jpeg;base64,") ? still : "";
  }

  // Pages

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

  retryPages(): void {
    this.pageFailure.value = null;
    this.load();
  }

  private load(): void {
    const count = this.state.peek()?.count ?? 0;
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
      const { reply, buffer } = await this.rpc.request("get_page", { start, stop }, abort.signal);
      batch(() => {
        this.pages.put(reply.start, reply.rows, buffer);
        this.arrived.value++;
        this.stale.value ||= reply.stale;
        this.pageFailure.value = null;
      });
      this.learnTags(reply.rows.flatMap((row) => row.tags));
      this.loading.delete(page);
      // A page whose pictures pass 1 MB comes in parts.
      if (reply.rows.length > 0) this.load();
    } catch (error) {
      this.loading.delete(page);
      this.fail(error, this.pageFailure);
    }
  }

  // Selection

  /** A person picked a row: alone, together with what was picked, or everything from the last pick to here. */
  pick(row: number, how: { extend?: boolean; toggle?: boolean } = {}): void {
    this.active.value = row;
    if (how.extend) {
      const [start, stop] = [Math.min(this.anchor, row), Math.max(this.anchor, row) + 1];
      this.change(how.toggle ? "add" : "set", start, stop);
      return;
    }
    this.anchor = row;
    if (!how.toggle) this.beforePick = this.selection.peek();
    this.change(how.toggle ? "toggle" : "set", row, row + 1);
  }

  /** A double click enlarges: the selection is what it was before its first click. */
  takeBackPick(): void {
    const ranges = this.beforePick;
    if (ranges === null || ranges.length > MOST_RANGES) return;
    this.beforePick = null;
    this.selection.value = ranges;
    this.send("set", ranges);
  }

  selectAll(): void {
    this.change("set", 0, this.state.peek()?.count ?? 0, true);
  }

  clearSelection(): void {
    if (this.selection.peek().length > 0) this.change("set", 0, 0);
  }

  /** The keyboard went to a row without picking it. */
  goTo(row: number): void {
    this.anchor = row;
    this.active.value = row;
  }

  private change(operation: Operation, start: number, stop: number, all = false): void {
    this.selection.value = apply(this.selection.peek(), operation, start, stop);
    this.send(operation, all ? null : stop > start ? [[start, stop]] : []);
  }

  private send(operation: Operation, ranges: Ranges | null): void {
    this.sending++;
    this.rpc
      .request("select", { operation, ranges: ranges as [number, number][] | null })
      .then(({ reply }) => {
        this.sending--;
        this.revision = Math.max(this.revision, reply.revision);
        // Two people may have picked at once: the kernel knows.
        if (this.sending === 0 && reply.count !== this.selected.peek()) return this.fetchSelection();
        return undefined;
      })
      .catch((error) => {
        this.sending--;
        this.fail(error, null);
      });
  }

  private async fetchSelection(): Promise<void> {
    try {
      const { reply, buffer } = await this.rpc.request("get_selection", {});
      if (reply.revision < this.revision) return;
      this.revision = reply.revision;
      this.selection.value = decode(reply.encoding, buffer);
    } catch (error) {
      this.fail(error, null);
    }
  }

  async tag(name: string, remove = false): Promise<boolean> {
    try {
      const { reply } = await this.rpc.request("tag", { name, remove });
      const samples = `${reply.changed.toLocaleString("en")} ${reply.changed === 1 ? "sample" : "samples"}`;
      this.say(remove ? `“${reply.name}” taken from ${samples}` : `“${reply.name}” given to ${samples}`);
      if (!remove) this.learnTags([reply.name]);
      return true;
    } catch (error) {
      this.fail(error, null);
      return false;
    }
  }

  async copyIds(): Promise<void> {
    try {
      const { reply } = await this.rpc.request("get_ids", {});
      await copy(reply.ids.join("\n"));
      const [copied, all] = [reply.ids.length.toLocaleString("en"), reply.count.toLocaleString("en")];
      this.say(
        reply.ids.length < reply.count
          ? `${copied} of ${all} ids copied; gallery.selection.ids() has them all`
          : `${copied} ${reply.count === 1 ? "id" : "ids"} copied`,
      );
    } catch (error) {
      this.fail(error, null);
    }
  }

  async copyPython(): Promise<void> {
    await copy(this.state.peek()?.python ?? "");
    this.say("Python of this view copied");
  }

  // The large picture

  async open(row: number): Promise<void> {
    const count = this.state.peek()?.count ?? 0;
    if (row < 0 || row >= count) return;
    this.openedAbort?.abort();
    const abort = new AbortController();
    this.openedAbort = abort;
    const before = this.opened.peek();
    const tile = this.pages.tile(row);
    const shown: Opened = {
      row,
      name: tile?.name ?? "",
      sampleId: tile?.sample_id ?? "",
      url: "",
      tags: tile?.tags ?? [],
      fields: before?.fields ?? [],
      note: "",
      failure: null,
      loading: true,
    };
    this.active.value = row;
    this.opened.value = shown;
    if (before?.url) URL.revokeObjectURL(before.url);
    try {
      const { reply, buffer } = await this.rpc.request("get_picture", { row }, abort.signal);
      if (this.opened.peek() !== shown) return;
      const url = buffer.length > 0 ? URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" })) : "";
      const { name, sample_id: sampleId, tags, fields, note } = reply;
      this.opened.value = { row, name, sampleId, url, tags, fields, note, failure: null, loading: false };
    } catch (error) {
      if (this.opened.peek() !== shown || !(error instanceof Error) || error.name === "AbortError") return;
      const hint = error instanceof KernelError ? error.hint : "";
      this.opened.value = { ...shown, fields: [], failure: { message: error.message, hint }, loading: false };
    }
  }

  close(): void {
    this.openedAbort?.abort();
    const url = this.opened.peek()?.url;
    if (url) URL.revokeObjectURL(url);
    this.opened.value = null;
  }

  // Size

  resize(size: number): void {
    this.size.value = Math.round(Math.min(Math.max(size, SMALLEST), LARGEST));
    this.columns.value = null;
    this.model.set("thumbnail_size", this.size.value);
    this.model.set("columns", null);
    this.model.save_changes();
  }

  say(text: string): void {
    clearTimeout(this.toastTimer);
    this.toast.value = text;
    this.toastTimer = setTimeout(() => {
      this.toast.value = "";
    }, TOAST_MS);
  }

  private readonly readTraits = (): void => {
    this.size.value = Number(this.model.get("thumbnail_size") ?? 160);
    this.height.value = Number(this.model.get("height") ?? 560);
    const columns = this.model.get("columns");
    this.columns.value = typeof columns === "number" ? columns : null;
  };

  private take(state: State): void {
    const before = this.state.peek();
    batch(() => {
      this.failure.value = null;
      this.state.value = state;
      this.stale.value = state.stale;
      this.active.value = Math.min(this.active.peek(), Math.max(state.count - 1, 0));
    });
    if (before !== null && before.version !== state.version) this.reload();
  }

  /** What is shown of the rows has changed: ask for the pages on the screen again, and drop the others. */
  private reload(): void {
    const count = this.state.peek()?.count ?? 0;
    for (const abort of this.loading.values()) abort.abort();
    this.loading.clear();
    this.pages.expire(this.wanted);
    for (const page of this.wanted) {
      if (page * PAGE_ROWS < count) void this.loadPage(page, page * PAGE_ROWS, count);
    }
    this.arrived.value++;
  }

  private hear(event: Event): void {
    if (event.type === "view_changed") {
      if (event.version !== this.state.peek()?.version) void this.hello();
    } else if (event.origin !== this.rpc.client && event.revision > this.revision) {
      void this.fetchSelection();
    }
  }

  private learnTags(names: string[]): void {
    const known = new Set([...this.knownTags.peek(), ...names]);
    if (known.size > this.knownTags.peek().length) this.knownTags.value = [...known].sort().slice(0, 200);
  }

  /** Show an error where it belongs, or as a toast where it belongs nowhere. A cancelled request is none. */
  private fail(error: unknown, where: { value: Failure | null } | null): void {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof KernelError ? error.hint : "";
    if (where) where.value = { message, hint };
    else this.say(hint ? `${message} ${hint}` : message);
  }
}

/** The clipboard API is missing on plain http and refused in some frames; the old command works there. */
async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    return;
  } catch {
    // the old command then
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
