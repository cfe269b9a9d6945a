import { computed, effect, signal } from "@preact/signals";
import type { ShellSlice } from "../app/slice";
import type { GridSlice } from "../grid/slice";
import type { HistoryLine, Picture, RowInfo } from "../protocol";
import { contains } from "../selection/ranges";
import type { SelectionSlice } from "../selection/slice";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";

/** The sample that is looked at: beside the grid, or large over everything. */
export interface Opened {
  sampleId: string;
  /** Where it is in the view, where whoever opened it knows. */
  row: number | null;
  /** The order of the rows in which it is there. */
  order: number;
  /** What is known before the kernel has answered. */
  name: string;
  thumbnail: string;
  width: number;
  height: number;
}

/** What the kernel said about a sample. */
export interface Known {
  picture: Picture;
  /** The order of the rows that its row number belongs to; -1 where that is not known. */
  order: number;
  /** A blob URL, or "" where there is no picture. */
  url: string;
  bytes: number;
}

export interface Neighbour extends RowInfo {
  url: string;
}

/** Something that belongs to one sample. */
interface Of<T> {
  sampleId: string;
  value: T;
  failure: Failure | null;
}

/** How long somebody has to stay at a sample before it is asked for, in ms: arrow keys run over many. */
const REST_MS = 70;
/** After a change of the view the grid and the facets ask first. */
const AFTER_MS = 250;
const NEAREST = 9;

/** One sample, with all that is known about it. */
export class InspectorSlice {
  readonly opened = signal<Opened | null>(null);
  /** It lies large over everything. */
  readonly large = signal(false);
  /** What is known of the sample, or still of the one before it: nothing jumps while the next is on its way. */
  readonly known = signal<Known | null>(null);
  readonly failure = signal<Failure | null>(null);
  readonly near = signal<Of<readonly Neighbour[]> | null>(null);
  readonly history = signal<Of<{ lines: readonly HistoryLine[]; more: boolean }> | null>(null);
  /** Tags of the sample that are being given or taken away. */
  readonly tagging = signal<readonly string[]>([]);

  /** What is known of the sample itself. */
  readonly current = computed(() => {
    const [known, opened] = [this.known.value, this.opened.value];
    return known !== null && known.picture.sample_id === opened?.sampleId ? known : null;
  });
  /** Its row in the view that is shown; null where it has none, and where the rows have just become others. */
  readonly row = computed(() => {
    const order = this.core.state.value?.rows;
    const [current, opened] = [this.current.value, this.opened.value];
    if (current !== null) return current.order === order ? current.picture.row : null;
    return opened !== null && opened.order === order ? opened.row : null;
  });
  /** Which row it has, or that it has none, is known. */
  readonly placed = computed(
    () => this.row.value !== null || this.current.value?.order === this.core.state.value?.rows,
  );
  readonly selected = computed(() => {
    const row = this.row.value;
    if (row === null) return this.current.value?.picture.selected ?? false;
    return contains(this.selection.ranges.value, row);
  });
  /** Boxes, masks and points are drawn over the picture. */
  readonly shapes = computed(() => this.core.layout.get("inspector_shapes", true));

  private readonly visible = computed(
    () => this.large.value || (this.core.part === "explorer" && this.shell.isOpen("inspector")),
  );
  private loading: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** When somebody came to a sample last. */
  private came = Number.NEGATIVE_INFINITY;
  private wanted = "";
  /** The sample that comes next where somebody goes from one to the next. */
  private ahead: { picture: Picture; buffer: Uint8Array<ArrayBuffer> } | null = null;
  private direction = 1;
  /** Blob URLs of the neighbours of the sample before. */
  private former: string[] = [];
  private readonly stops: (() => void)[];

  constructor(
    private readonly core: Core,
    private readonly shell: ShellSlice,
    private readonly grid: GridSlice,
    private readonly selection: SelectionSlice,
  ) {
    this.stops = [
      effect(() => this.follow(this.visible.value ? this.opened.value : null)),
      // Tags, labels, rows: anything may be other than before.
      core.onVersion((_, before) => before !== null && this.reload(AFTER_MS)),
      core.onSelection(() => this.row.peek() === null && this.reload(AFTER_MS)),
    ];
  }

  dispose(): void {
    for (const stop of this.stops) stop();
    this.close();
    this.forget();
  }

  /** Look at a sample: in the panel, or large where there is none. */
  open(sampleId: string, options: { row?: number; large?: boolean } = {}): void {
    const row = options.row ?? null;
    if (this.opened.peek()?.sampleId !== sampleId) {
      const tile = this.tileOf(sampleId, row);
      this.failure.value = null;
      this.opened.value = {
        sampleId,
        row,
        order: this.grid.shown.peek()?.order ?? -1,
        name: tile?.name ?? "",
        thumbnail: tile?.url ?? "",
        width: tile?.width ?? 0,
        height: tile?.height ?? 0,
      };
    }
    if (options.large || this.core.part !== "explorer") this.large.value = true;
    else if (!this.large.peek() && !this.shell.isOpen("inspector")) this.shell.toggle("inspector");
  }

  /** Put the large picture away; what is beside the grid stays. */
  shrink(): void {
    this.large.value = false;
  }

  close(): void {
    this.large.value = false;
    this.opened.value = null;
  }

  /** The sample so many rows on in the view. */
  async step(by: number): Promise<void> {
    const [row, state] = [this.row.peek(), this.core.state.peek()];
    if (row === null || state === null) return;
    const to = row + by;
    if (to < 0 || to >= state.count) return;
    this.direction = by;
    const tile = this.grid.tile(to);
    if (this.core.part !== "map") this.grid.goTo(to);
    if (tile !== undefined && this.grid.settled) return this.open(tile.sample_id, { row: to });
    // It was never on the screen.
    const from = this.opened.peek();
    try {
      const { reply } = await this.core.rpc.request("get_page", { start: to, stop: to + 1, shapes: false });
      const info = reply.rows[0];
      const still = this.opened.peek() === from && reply.version === this.core.state.peek()?.version;
      if (info !== undefined && still) this.open(info.sample_id, { row: to });
    } catch (error) {
      this.core.fail(error, null);
    }
  }

  /** Select the sample, or no longer. */
  toggle(): void {
    const [opened, row] = [this.opened.peek(), this.row.peek()];
    if (opened === null) return;
    if (row !== null && this.grid.settled) this.selection.pick(row, { toggle: true });
    else this.selection.toggleSamples([opened.sampleId]);
  }

  /** Scroll the grid to the sample. */
  showInGrid(): void {
    const row = this.row.peek();
    if (row === null) return;
    this.shrink();
    this.shell.toSamples();
    if (this.shell.mode.peek() === "map") this.shell.setMode("both");
    this.grid.goTo(row);
  }

  /** Look for what is nearest to a sample, and for nothing else. */
  similar(sampleId: string): void {
    this.shrink();
    void this.core.edit({ type: "add_examples", samples: [sampleId], alone: true });
  }

  /** Give the sample a tag, or take it away. Gives back why it was refused. */
  async tag(name: string, remove: boolean): Promise<Failure | null> {
    const opened = this.opened.peek();
    if (opened === null || this.tagging.peek().includes(name)) return null;
    this.tagging.value = [...this.tagging.peek(), name];
    try {
      await this.core.rpc.request("tag", { name, remove, samples: [opened.sampleId] });
      const known = this.known.peek();
      if (known?.picture.sample_id === opened.sampleId) {
        const others = known.picture.tags.filter((tag) => tag !== name);
        const tags = remove ? others : [...others, name].sort();
        this.known.value = { ...known, picture: { ...known.picture, tags } };
      }
      return null;
    } catch (error) {
      return failureOf(error);
    } finally {
      this.tagging.value = this.tagging.peek().filter((tag) => tag !== name);
    }
  }

  toggleShapes(): void {
    this.core.layout.set("inspector_shapes", !this.shapes.peek());
  }

  /** Ask again, after an error. */
  retry(): void {
    this.failure.value = null;
    this.reload(0);
  }

  /** Whoever looks at it is told why it cannot be shown; what was known of it may be of a sample that was erased. */
  private refuse(sample: string, error: unknown): void {
    const failure = failureOf(error);
    const known = this.known.peek();
    if (failure === null) return;
    this.failure.value = failure;
    if (known?.picture.sample_id !== sample) return;
    this.known.value = null;
    if (known.url) URL.revokeObjectURL(known.url);
  }

  private follow(opened: Opened | null): void {
    if (opened === null) {
      this.wanted = "";
      this.loading?.abort();
      clearTimeout(this.timer);
    } else if (opened.sampleId !== this.wanted) {
      this.wanted = opened.sampleId;
      if (this.known.peek()?.picture.sample_id !== opened.sampleId) this.soon();
    }
  }

  /** What is known of the sample may have changed. */
  private reload(wait: number): void {
    if (this.wanted !== "") this.after(wait);
  }

  private soon(): void {
    const rested = performance.now() - this.came > REST_MS;
    this.came = performance.now();
    this.after(rested ? 0 : REST_MS);
  }

  private after(wait: number): void {
    this.loading?.abort();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(this.wanted), wait);
  }

  private async load(sample: string): Promise<void> {
    const abort = new AbortController();
    this.loading = abort;
    try {
      const { picture, buffer } = this.takeAhead(sample) ?? (await this.fetch(sample, abort.signal));
      if (abort.signal.aborted) return;
      this.learn(picture, buffer);
    } catch (error) {
      if (!abort.signal.aborted) this.refuse(sample, error);
      return;
    }
    const asked = [this.loadHistory(sample, abort.signal)];
    const near = this.near.peek();
    if (near?.sampleId !== sample || near.failure !== null) asked.push(this.loadNear(sample, abort.signal));
    await Promise.all(asked);
    if (this.large.peek() && !abort.signal.aborted) await this.lookAhead(abort.signal);
  }

  private async fetch(sample: string, signal: AbortSignal) {
    const { reply: picture, buffer } = await this.core.rpc.request("get_picture", { sample }, signal);
    return { picture, buffer };
  }

  private async lookAhead(signal: AbortSignal): Promise<void> {
    const next = this.grid.tile((this.row.peek() ?? Number.NaN) + this.direction);
    if (next === undefined) return;
    try {
      this.ahead = await this.fetch(next.sample_id, signal);
    } catch {
      // Whoever comes to it asks again, and is told.
    }
  }

  private takeAhead(sample: string) {
    const { ahead } = this;
    this.ahead = null;
    const version = this.core.state.peek()?.version;
    return ahead?.picture.sample_id === sample && ahead.picture.version === version ? ahead : null;
  }

  private learn(picture: Picture, buffer: Uint8Array<ArrayBuffer>): void {
    const before = this.known.peek();
    const state = this.core.state.peek();
    const order = state?.version === picture.version ? state.rows : -1;
    const bytes = buffer.length;
    this.failure.value = null;
    // The same picture under another URL would flicker.
    if (before?.picture.sample_id === picture.sample_id && before.bytes === bytes) {
      this.known.value = { picture, order, url: before.url, bytes };
      return;
    }
    const url = bytes > 0 ? URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" })) : "";
    this.known.value = { picture, order, url, bytes };
    if (before?.url) URL.revokeObjectURL(before.url);
  }

  private async loadNear(sampleId: string, signal: AbortSignal): Promise<void> {
    try {
      const asked = { sample: sampleId, count: NEAREST };
      const { reply, buffer } = await this.core.rpc.request("get_neighbours", asked, signal);
      if (signal.aborted) return;
      let offset = 0;
      const tiles = reply.tiles.map((tile) => {
        const picture = buffer.subarray(offset, offset + tile.bytes);
        offset += tile.bytes;
        const url = tile.bytes > 0 ? URL.createObjectURL(new Blob([picture], { type: "image/jpeg" })) : "";
        return { ...tile, url };
      });
      this.putNear({ sampleId, value: tiles, failure: null });
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== null && !signal.aborted) this.putNear({ sampleId, value: [], failure });
    }
  }

  private async loadHistory(sampleId: string, signal: AbortSignal): Promise<void> {
    try {
      const { lines, more } = (await this.core.rpc.request("get_history", { sample: sampleId }, signal))
        .reply;
      if (!signal.aborted) this.history.value = { sampleId, value: { lines, more }, failure: null };
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== null && !signal.aborted) {
        this.history.value = { sampleId, value: { lines: [], more: false }, failure };
      }
    }
  }

  private putNear(near: Of<readonly Neighbour[]> | null): void {
    for (const url of this.former) URL.revokeObjectURL(url);
    // One of these may be the sample that is opened now, shown by its thumbnail until its picture is here.
    this.former = (this.near.peek()?.value ?? []).flatMap(({ url }) => (url === "" ? [] : [url]));
    this.near.value = near;
  }

  private tileOf(
    sampleId: string,
    row: number | null,
  ): { name: string; url: string; width: number; height: number } | undefined {
    const tile = row === null ? undefined : this.grid.tile(row);
    if (tile?.sample_id === sampleId) return tile;
    return this.near.peek()?.value.find((near) => near.sample_id === sampleId);
  }

  private forget(): void {
    const known = this.known.peek();
    if (known?.url) URL.revokeObjectURL(known.url);
    this.known.value = null;
    this.ahead = null;
    this.putNear(null);
    this.putNear(null);
    this.history.value = null;
  }
}
