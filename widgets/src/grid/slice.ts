import { batch, signal } from "@preact/signals";
import { type Column, PAGE_ROWS, type RowGroup, type State } from "../protocol";
import type { Core } from "../store/core";
import type { Failure } from "../store/failure";
import { type Standing, TOP } from "./arithmetic";
import { Loader, type Range } from "./loader";
import { Palette } from "./palette";
import { type Place, Places, placeKey } from "./places";
import { type Tile, Tiles } from "./tiles";

export const SMALLEST = 64;
export const LARGEST = 400;
const TRAITS = ["thumbnail_size", "columns"];
/** So long may pictures of other rows stand in for those that are on their way, in ms. */
const FORMER_MS = 400;

/** The rows that are laid out. They are the kernel's as soon as everything is here that the layout needs. */
export interface Shown {
  version: number;
  /** Row numbers of another order mean other samples. */
  order: number;
  count: number;
  groups: readonly RowGroup[];
}

/** The tiles that are on the screen, and how they are laid out. */
export class GridSlice {
  readonly tiles = new Tiles();
  readonly palette = new Palette();
  /** Counts up when tiles arrived or left, so that they are drawn again. */
  readonly arrived = signal(0);
  readonly failure = signal<Failure | null>(null);
  readonly shown = signal<Shown | null>(null);
  /** The row that the keyboard is at. */
  readonly active = signal(0);
  readonly size = signal(160);
  readonly columns = signal<number | null>(null);
  /** The row that should come into sight (or to the top), and a count, so that the same row can be asked for twice. */
  readonly revealed = signal({ row: 0, toTop: false, times: 0 });
  /** What can be sorted and grouped by; empty until a menu asked for it. */
  readonly choices = signal<readonly Column[]>([]);

  /** Where the grid is scrolled to, also while it is not on the screen. */
  top: Standing = TOP;
  /** How often what should be revealed has been. */
  timesRevealed = 0;

  private readonly places = new Places();
  private readonly loader = new Loader(
    {
      missing: (start, stop) => this.missing(start, stop),
      fetch: (start, stop, signal) => this.fetch(start, stop, signal),
    },
    PAGE_ROWS,
  );
  private seen: Range = [0, 0];
  private key = "";
  private groupsAbort: AbortController | undefined;
  private formerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly core: Core) {
    for (const name of TRAITS) core.model.on(`change:${name}`, this.readTraits);
    this.readTraits();
    core.onVersion((state) => this.renew(state));
  }

  dispose(): void {
    for (const name of TRAITS) this.core.model.off(`change:${name}`, this.readTraits);
    clearTimeout(this.formerTimer);
    this.groupsAbort?.abort();
    this.loader.stop();
    this.tiles.clear();
  }

  /** Whether the rows on the screen are the kernel's, so that a row number means the same sample here and there. */
  get settled(): boolean {
    return this.shown.peek()?.order === this.core.state.peek()?.rows;
  }

  /** The tile of a row, where it is that row's own. */
  tile(row: number): Tile | undefined {
    const tile = this.tiles.get(row);
    return tile?.former ? undefined : tile;
  }

  get activeTile(): Tile | undefined {
    return this.tile(this.active.value);
  }

  /** Scroll to a row. */
  reveal(row: number): void {
    this.revealed.value = { row, toTop: false, times: this.revealed.peek().times + 1 };
  }

  /** The keyboard goes to a row. */
  goTo(row: number): void {
    this.active.value = row;
    this.reveal(row);
  }

  /** The rows `seen` are on the screen, `around` is wider: load what is missing, forget what is no longer wanted. */
  show(seen: Range, around: Range, top: Standing): void {
    this.seen = seen;
    this.top = top;
    this.tiles.touch(...around);
    this.tiles.touch(...seen);
    this.loader.want(seen, around);
  }

  /** The grid is not on the screen: nothing has to be loaded. Where it was is known when it comes back. */
  hide(): void {
    this.loader.stop();
  }

  retry(): void {
    this.failure.value = null;
    const state = this.core.state.peek();
    if (state !== null && !this.settled) this.renew(state);
    else this.loader.again();
  }

  resize(size: number): void {
    this.size.value = Math.round(Math.min(Math.max(size, SMALLEST), LARGEST));
    this.columns.value = null;
    this.core.model.set("thumbnail_size", this.size.value);
    this.core.model.set("columns", null);
    this.core.model.save_changes();
  }

  // What is drawn on the tiles. It is saved with the notebook.

  /** Boxes, masks and points are drawn. */
  get shapes(): boolean {
    return this.core.layout.get("shapes", false);
  }

  toggleShapes(): void {
    this.core.layout.set("shapes", !this.shapes);
    this.loader.again();
  }

  /** Scores, tags, labels and issues are written on the tiles. */
  get badges(): boolean {
    return this.core.layout.get("badges", true);
  }

  toggleBadges(): void {
    this.core.layout.set("badges", !this.badges);
  }

  /**
   * The picture is cropped to fill its tile. Not so by default: what makes a sample matter may be at its edge, and a tile that
   * hides it answers wrongly.
   */
  get cropped(): boolean {
    return this.core.layout.get("cropped", false);
  }

  crop(cropped: boolean): void {
    this.core.layout.set("cropped", cropped);
  }

  // The order of the rows

  async learnChoices(): Promise<void> {
    try {
      this.choices.value = (await this.core.rpc.request("get_columns", {})).reply.columns;
    } catch (error) {
      this.core.fail(error, null);
    }
  }

  sort(column: string | null, descending: boolean): void {
    void this.core.edit({ type: "sort", column, descending });
  }

  group(column: string | null): void {
    void this.core.edit({ type: "group", column });
  }

  /** Look for what is nearest to one sample, and to nothing else. */
  nearest(tile: Tile): void {
    void this.core.edit({ type: "add_examples", samples: [tile.sample_id], alone: true });
  }

  private missing(start: number, stop: number): Range[] {
    const shown = this.shown.peek();
    if (shown === null) return [];
    return this.tiles.missing(start, Math.min(stop, shown.count), shown.version, this.shapes);
  }

  private async fetch(start: number, stop: number, signal: AbortSignal): Promise<void> {
    const { shapes } = this;
    try {
      const { reply, buffer } = await this.core.rpc.request("get_page", { start, stop, shapes }, signal);
      // Rows of another version may be other samples. A later one is on its way; after an earlier one ask again.
      const version = this.shown.peek()?.version ?? 0;
      if (reply.version > version) throw new DOMException("too early", "AbortError");
      if (reply.version < version) return;
      batch(() => {
        this.tiles.put({ version: reply.version, shaped: shapes }, reply.start, reply.rows, buffer);
        this.arrived.value++;
        this.failure.value = null;
      });
    } catch (error) {
      this.core.fail(error, this.failure);
      throw error;
    }
  }

  private renew(state: State): void {
    const shown = this.shown.peek();
    this.groupsAbort?.abort();
    if (shown?.order === state.rows) {
      // The same samples, of which something else is to be said: they stay on the screen until that is here.
      this.shown.value = { ...shown, version: state.version };
      this.loader.again();
    } else if (state.group === null) this.settle(state, []);
    else void this.fetchGroups(state);
  }

  private async fetchGroups(state: State): Promise<void> {
    const abort = new AbortController();
    this.groupsAbort = abort;
    try {
      const { reply } = await this.core.rpc.request("get_groups", {}, abort.signal);
      const now = this.core.state.peek();
      if (!abort.signal.aborted && now !== null && now.rows === state.rows) this.settle(now, reply.groups);
    } catch (error) {
      this.core.fail(error, this.failure);
    }
  }

  /** Lay out other rows: where they were looked at last, or from the top. */
  private settle(state: State, groups: readonly RowGroup[]): void {
    this.loader.stop();
    if (this.key !== "") this.places.leave(this.key, { top: this.top, active: this.active.peek() });
    this.key = placeKey(state);
    const place: Place = this.places.find(this.key, state.count);
    this.top = place.top;
    const { row } = place.top;
    this.tiles.succeed(...this.seen, row, state.count);
    clearTimeout(this.formerTimer);
    this.formerTimer = setTimeout(() => {
      if (this.tiles.forgetFormer()) this.arrived.value++;
    }, FORMER_MS);
    batch(() => {
      this.failure.value = null;
      this.shown.value = { version: state.version, order: state.rows, count: state.count, groups };
      this.active.value = place.active;
      this.revealed.value = { row, toTop: true, times: this.revealed.peek().times + 1 };
      this.arrived.value++;
    });
    // The grid says what is on the screen when it has been drawn; about as much as before is asked for by then.
    const first: Range = [row, Math.min(row + this.seen[1] - this.seen[0], state.count)];
    if (first[1] > first[0]) this.loader.want(first, first);
  }

  private readonly readTraits = (): void => {
    this.size.value = Number(this.core.model.get("thumbnail_size") ?? 160);
    const columns = this.core.model.get("columns");
    this.columns.value = typeof columns === "number" ? columns : null;
  };
}
