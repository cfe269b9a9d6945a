import { batch, signal } from "@preact/signals";
import { type Filter, picked } from "../facets/picks";
import type { Card, LegendEntry, MapState } from "../protocol";
import type { Core } from "../store/core";
import type { Scene } from "./arrangement";
import { type Colour, type Colouring, type Columns, chooseColour, readColour, writeColour } from "./colour";

/** What the points are coloured by. */
export class Painting {
  /** What was asked for; null colours by the view. */
  readonly colour = signal<Colour | null>(null);
  /** What has come. */
  readonly colouring = signal<Colouring | null>(null);
  readonly columns = signal<Columns | null>(null);
  /** The code whose points stand out while the pointer is on its legend entry. */
  readonly lifted = signal<number | null>(null);
  /** What filters by the column, as far as it was asked for. */
  readonly filter = signal<Filter>(null);
  /** Counts up when the codes of the scene changed. */
  readonly codesAt = signal(0);
  private map: { info: MapState; scene: Scene } | null = null;
  private abort: AbortController | undefined;

  constructor(private readonly core: Core) {}

  dispose(): void {
    this.abort?.abort();
    this.map = null;
  }

  /** Other points: colour them by what was saved, or else by the first column of few categories. */
  async start(info: MapState, scene: Scene, abort: AbortSignal): Promise<void> {
    this.map = { info, scene };
    try {
      const { reply } = await this.core.rpc.request("get_columns", {}, abort);
      const saved = this.core.layout.get("map.colour", "automatic");
      this.columns.value = reply;
      this.colour.value = saved === "automatic" ? chooseColour(reply) : readColour(saved, reply);
    } catch (error) {
      this.core.fail(error, null);
    }
    await this.load();
  }

  by(colour: Colour | null): void {
    this.colour.value = colour;
    this.core.layout.set("map.colour", writeColour(colour));
    void this.load();
  }

  async load(): Promise<void> {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    const { map } = this;
    const colour = this.colour.peek();
    if (map === null) return;
    const codes = new Uint16Array(map.scene.codes.length);
    try {
      let colouring: Colouring | null = null;
      for (let chunk = 0; colour !== null && chunk < map.info.chunks; chunk++) {
        const asked = { map: map.info.map, kind: colour.kind, column: colour.column, chunk };
        const { reply, buffer } = await this.core.rpc.request("get_colours", asked, abort.signal);
        // Buffers of a comm begin anywhere; numbers of two bytes cannot.
        codes.set(new Uint16Array(buffer.slice().buffer), reply.start);
        const { kind, legend, low, high } = reply;
        colouring ??= { colour, kind, legend, low, high };
      }
      if (this.map !== map) return;
      map.scene.codes.set(codes);
      batch(() => {
        this.lifted.value = null;
        this.filter.value = null;
        this.colouring.value = colouring;
        this.codesAt.value++;
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      this.core.fail(error, null);
      this.colour.value = this.colouring.peek()?.colour ?? null;
    }
  }

  /** A person clicked a legend entry: see only these, together with those that were clicked before. */
  async filterBy(entry: LegendEntry): Promise<void> {
    const colour = this.colouring.peek()?.colour;
    if (colour === undefined) return;
    const card = await this.loadFilter(colour);
    if (card === null) return;
    const filter = picked(card, card.filter, entry.value, "toggle");
    await this.core.edit({ type: "set_facet", kind: colour.kind, column: colour.column, filter });
  }

  /** The view has changed: maybe its filter, too. */
  refilter(): void {
    const colour = this.colouring.peek()?.colour;
    if (this.filter.peek() !== null && colour !== undefined) void this.loadFilter(colour);
  }

  private async loadFilter(colour: Colour): Promise<Card | null> {
    try {
      const columns: [Colour["kind"], string][] = [[colour.kind, colour.column]];
      const { reply } = await this.core.rpc.request("get_facets", { columns });
      const card = reply.cards[0] ?? null;
      this.filter.value = card?.filter ?? null;
      return card;
    } catch (error) {
      this.core.fail(error, null);
      return null;
    }
  }
}
