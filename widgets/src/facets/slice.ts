import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Card, FacetValue } from "../protocol";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";
import { arranged, keyOf, ORDERS, usualOrder, type ValueOrder } from "./arrangement";
import { SCALES, type Scale } from "./bars";
import type { Stretch } from "./brush";
import { type Filter, type Pick, picked, sameFilter, type Value } from "./picks";

/** So long a search in a long list waits for the next letter, in ms. */
const TYPING_MS = 150;
/** So long after the pointer has left the panel its cards stay where they are, in ms. */
const LEAVE_MS = 400;
/** The kernel keeps a few kilobytes about the arrangement of a widget; the rest is forgotten. */
const MOST_SAVED = 2000;

/** The opened list of a long card. */
export interface Opened {
  contains: string;
  values: readonly FacetValue[];
  more: number;
  loading: boolean;
  failure: Failure | null;
}

/** What one card shows; signals, so that a card is drawn again for nothing but itself. */
export interface CardState {
  readonly key: string;
  readonly card: Signal<Card>;
  /** What was asked for and has not been counted yet; undefined where there is nothing. */
  readonly pending: Signal<Filter | undefined>;
  readonly filter: ReadonlySignal<Filter>;
  readonly opened: Signal<Opened | null>;
  /** The stretch of the histogram that is being brushed. */
  readonly draft: Signal<Stretch | null>;
}

/** The facet cards: what they count, in which order they stand, what filters by them. */
export class FacetSlice {
  readonly cards = signal<ReadonlyMap<string, CardState>>(new Map());
  /** The keys of the cards, in the order of the screen. */
  readonly order = signal<readonly string[]>([]);
  readonly failure = signal<Failure | null>(null);
  /** The first counts have come. */
  readonly arrived = signal(false);
  /** The text that the titles of the cards contain. */
  readonly contains = signal("");
  /** The pointer or the focus is in the panel: nothing moves there. */
  readonly still = signal(false);
  /** What was done, for whoever cannot see it. */
  readonly said = signal("");
  /** Nothing is left out of the view that was counted. */
  readonly whole = signal(true);
  readonly hidden = computed(() => new Set(this.saved("facets.hidden")));
  readonly collapsed = computed(() => new Set(this.saved("facets.collapsed")));
  readonly filtered = computed(() =>
    [...this.cards.value.values()].filter((state) => state.filter.value !== null),
  );

  private watched = 0;
  private counting = false;
  /** Counts were asked for behind a change of the query that is not answered yet. */
  private ahead = false;
  /** Cards whose filter is on its way to the kernel. */
  private readonly sending = new Set<CardState>();
  private wanted: readonly string[] = [];
  private readonly off: (() => void)[];
  private abort: AbortController | undefined;
  private readonly searches = new Map<string, AbortController>();
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private leaveTimer: ReturnType<typeof setTimeout> | undefined;
  private disposed = false;

  constructor(readonly core: Core) {
    this.off = [
      core.onSent(() => void this.load(true)),
      core.onVersion(() => {
        if (!this.ahead) void this.load();
      }),
    ];
  }

  dispose(): void {
    this.disposed = true;
    for (const off of this.off) off();
    this.abort?.abort();
    for (const search of this.searches.values()) search.abort();
    clearTimeout(this.typingTimer);
    clearTimeout(this.leaveTimer);
  }

  // -- counting --------------------------------------------------------------------------------------------------

  /** The facets are on the screen, until the returned function is called; nothing is counted for nobody. */
  watch(): () => void {
    this.watched++;
    if (this.watched === 1 && this.core.state.peek() !== null) void this.load();
    return () => {
      this.watched--;
    };
  }

  /** Count all cards over the view that is shown now, or, with `ahead`, over what the changes leave that are on their way. */
  async load(ahead = false): Promise<void> {
    if (this.watched === 0) return;
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.ahead = ahead;
    this.counting = true;
    try {
      const asked = { columns: null, after_edits: ahead };
      const { reply } = await this.core.rpc.request("get_facets", asked, abort.signal);
      this.ahead = false;
      // Somebody else has changed the view after that.
      if (ahead && reply.version < (this.core.state.peek()?.version ?? 0)) return void this.load();
      this.counting = false;
      this.take(reply.cards);
      for (const state of this.cards.peek().values()) {
        if (state.opened.peek() !== null) void this.search(state);
      }
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null || abort.signal.aborted || this.disposed) return;
      this.ahead = false;
      this.counting = false;
      this.failure.value = failure;
    }
  }

  private take(cards: readonly Card[]): void {
    const before = this.cards.peek();
    const states = new Map<string, CardState>();
    batch(() => {
      for (const card of cards) {
        const key = keyOf(card);
        const state = before.get(key) ?? cardState(key, card);
        states.set(key, state);
        // The same counts again are no reason to draw the card again.
        if (JSON.stringify(state.card.peek()) !== JSON.stringify(card)) state.card.value = card;
        if (!this.sending.has(state)) state.pending.value = undefined;
      }
      this.failure.value = null;
      this.arrived.value = true;
      // Not before: the counts of everything would flash in colour until those of the new view are here.
      const { count, total } = this.core.state.peek() ?? { count: 0, total: 0 };
      this.whole.value = count === total;
      if (!sameKeys(before, states)) this.cards.value = states;
      this.wanted = cards.map(keyOf);
      this.arrange();
    });
  }

  private arrange(): void {
    const filters = new Set(this.filtered.peek().map(({ key }) => key));
    const order = arranged(this.order.peek(), this.wanted, filters, this.still.peek());
    if (order.join("\n") !== this.order.peek().join("\n")) this.order.value = order;
  }

  /** The pointer or the focus came into the panel, or left it: `inside` says where they are now. */
  attend(inside: () => boolean): void {
    clearTimeout(this.leaveTimer);
    if (inside()) {
      this.still.value = true;
      return;
    }
    this.leaveTimer = setTimeout(() => {
      if (inside()) return;
      this.still.value = false;
      this.arrange();
    }, LEAVE_MS);
  }

  // -- filtering -------------------------------------------------------------------------------------------------

  pick(state: CardState, value: Value, how: Pick): void {
    void this.filter(state, picked(state.card.peek(), state.filter.peek(), value, how));
  }

  /** Filter by a card; null takes its filter away. It is shown at once and counted when the kernel has done it. */
  async filter(state: CardState, filter: Filter): Promise<void> {
    if (sameFilter(filter, state.filter.peek())) return;
    state.pending.value = filter;
    this.sending.add(state);
    const { kind, column } = state.card.peek();
    const done = await this.core.edit({ type: "set_facet", kind, column, filter });
    // A newer wish of the same card may have taken the place of this one.
    if (state.pending.peek() !== filter) return;
    this.sending.delete(state);
    // What was done is shown until it has been counted.
    if (!done || !this.counting) state.pending.value = undefined;
  }

  clear(): void {
    for (const state of this.filtered.peek()) void this.filter(state, null);
  }

  // -- long lists ------------------------------------------------------------------------------------------------

  open(state: CardState): void {
    const { values, more } = state.card.peek();
    state.opened.value = { contains: "", values, more, loading: more > 0, failure: null };
    void this.search(state);
  }

  shut(state: CardState): void {
    this.searches.get(state.key)?.abort();
    state.opened.value = null;
  }

  /** Look for values; the kernel is asked when nothing has been typed for a moment. */
  type(state: CardState, contains: string): void {
    const opened = state.opened.peek();
    if (opened === null) return;
    state.opened.value = { ...opened, contains, loading: true };
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => void this.search(state), TYPING_MS);
  }

  async search(state: CardState): Promise<void> {
    this.searches.get(state.key)?.abort();
    const abort = new AbortController();
    this.searches.set(state.key, abort);
    const contains = state.opened.peek()?.contains ?? "";
    const { kind, column } = state.card.peek();
    try {
      const order = this.orderOf(state.card.peek());
      const asked = { kind, column, contains, order };
      const { reply } = await this.core.rpc.request("get_values", asked, abort.signal);
      if (state.opened.peek() === null) return;
      const { values, more } = reply;
      state.opened.value = {
        contains: state.opened.peek()?.contains ?? "",
        values,
        more,
        loading: false,
        failure: null,
      };
    } catch (error) {
      const [failure, opened] = [failureOf(error), state.opened.peek()];
      if (failure === null || abort.signal.aborted || opened === null) return;
      state.opened.value = { ...opened, loading: false, failure };
    }
  }

  // -- how it looks ----------------------------------------------------------------------------------------------

  orderOf(card: Card): ValueOrder {
    const saved = this.core.layout.get(`facets.order ${keyOf(card)}`, "");
    return ORDERS.find((order) => order === saved) ?? usualOrder(card);
  }

  setOrder(state: CardState, order: ValueOrder): void {
    this.core.layout.set(`facets.order ${state.key}`, order);
    if (state.opened.peek() !== null) void this.search(state);
  }

  /** One scale for all histograms: two of them side by side say the same by the same height. */
  readonly scale = computed<Scale>(() => {
    const saved = this.core.layout.get("facets.scale", "root");
    return SCALES.find((scale) => scale === saved) ?? "root";
  });

  setScale(scale: Scale): void {
    this.core.layout.set("facets.scale", scale);
  }

  hide(state: CardState): void {
    this.save("facets.hidden", [...this.hidden.peek(), state.key]);
    this.said.value = `${state.card.peek().title} is hidden`;
  }

  unhide(): void {
    this.save("facets.hidden", []);
  }

  collapse(state: CardState): void {
    const keys = this.collapsed.peek();
    const others = [...keys].filter((key) => key !== state.key);
    this.save("facets.collapsed", keys.has(state.key) ? others : [...others, state.key]);
  }

  private saved(name: string): string[] {
    const text = this.core.layout.get(name, "");
    return text === "" ? [] : text.split("\n");
  }

  private save(name: string, keys: readonly string[]): void {
    let kept = [...keys];
    while (kept.join("\n").length > MOST_SAVED) kept = kept.slice(1);
    this.core.layout.set(name, kept.join("\n"));
  }
}

function cardState(key: string, first: Card): CardState {
  const card = signal(first);
  const pending = signal<Filter | undefined>(undefined);
  const filter = computed(() => (pending.value === undefined ? card.value.filter : pending.value));
  return {
    key,
    card,
    pending,
    filter,
    opened: signal<Opened | null>(null),
    draft: signal<Stretch | null>(null),
  };
}

function sameKeys(left: ReadonlyMap<string, unknown>, right: ReadonlyMap<string, unknown>): boolean {
  return left.size === right.size && [...right.keys()].every((key) => left.has(key));
}
