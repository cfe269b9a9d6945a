import { computed, signal } from "@preact/signals";
import type { HuntState } from "../protocol";
import { forget, frontier, open, type Verdict } from "../review/deck";
import { ReviewSlice } from "../review/slice";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";
import {
  answered,
  type Card,
  cardsOf,
  type Deck,
  EMPTY,
  grown,
  next,
  PAGE,
  pageOf,
  settled,
  type Task,
  takenBack,
  without,
} from "./deck";
import { Outbox } from "./outbox";

/** Cards that are asked for at once, and how few without an answer may be left before that; alone, and by pages. */
const BATCH = { alone: 10, paged: 2 * PAGE };
const FEW = { alone: 6, paged: PAGE + 1 };

/** Large pictures that come before they are looked at. */
const AHEAD = 3;

/** A hunt on the screen: what is looked at, the answers on their way, and how it stands. */
export class HuntSlice extends ReviewSlice<HuntState> {
  readonly task = signal<Task>("hunt");
  readonly deck = signal<Deck>(EMPTY);
  /** The picture lies large over everything. */
  readonly large = signal(false);

  readonly paged = computed(() => this.core.layout.get("hunt_nine", false));
  readonly card = computed<Card | null>(() => this.deck.value.cards[this.deck.value.at] ?? null);
  readonly pending = computed(() => this.outbox.waiting.value);
  readonly failed = computed(() => this.outbox.failed.value);

  /** The pictures have the focus, or had it until they were replaced. */
  keyed = false;
  readonly outbox: Outbox;
  private readonly decks = new Map<Task, Deck>();
  private asking = false;
  /** The kernel was asked for more since anything happened. */
  private asked = false;

  constructor(core: Core) {
    super(core);
    this.outbox = new Outbox(core.rpc, (sent, reply) => this.heard(sent, reply));
    if (core.part === "hunt") this.begin("hunt_changed");
  }

  override dispose(): void {
    super.dispose();
    this.outbox.dispose();
    this.decks.set(this.task.peek(), this.deck.peek());
    for (const { cards } of this.decks.values()) forget(cards);
  }

  // How it stands

  /** Ask how the hunt stands; also the way back after an error. */
  async follow(): Promise<void> {
    if (this.asking || this.disposed) return;
    this.asking = true;
    try {
      const ahead = this.deck.peek().cards.filter(({ verdict }) => verdict === null);
      const samples = this.task.peek() === "hunt" ? ahead.map(({ id }) => id) : [];
      this.take((await this.core.rpc.request("get_hunt", { samples })).reply);
    } catch (error) {
      const failure = failureOf(error);
      // What is shown already stays; whoever answers is told.
      if (failure !== null && this.state.peek() === null) this.failure.value = failure;
    } finally {
      this.asking = false;
    }
  }

  // Answers

  /** Answer the card that is looked at. */
  answer(verdict: Verdict): void {
    const card = this.card.peek();
    if (card !== null) this.give([card.id], verdict);
  }

  /** A card of the page, counted from 0, is one; or it is none, where it was said to be one. */
  toggle(place: number, verdict: Verdict = "yes"): void {
    const [start, stop] = pageOf(this.deck.peek());
    const card = this.deck.peek().cards[start + place];
    if (card === undefined || start + place >= stop) return;
    this.deck.value = { ...this.deck.peek(), at: start + place };
    this.give([card.id], card.verdict === verdict ? "no" : verdict);
  }

  /** Whatever has no answer on this page is none. */
  rest(): void {
    const [start, stop] = pageOf(this.deck.peek());
    const cards = this.deck.peek().cards.slice(start, stop);
    const ids = cards.filter(({ verdict }) => verdict === null).map(({ id }) => id);
    if (ids.length > 0) this.give(ids, "no");
  }

  protected async takeBack(): Promise<boolean> {
    const { reply, buffer } = await this.core.rpc.request("take_back", {});
    if (this.disposed) return false;
    const cards = cardsOf(reply.tiles, buffer).map((card, i): Card => {
      const verdict = reply.verdicts[i] ?? null;
      return { ...card, verdict, sent: verdict === null ? "open" : "saved" };
    });
    const { deck, left } = takenBack(this.deck.peek(), cards);
    forget(left);
    this.ended.value = false;
    this.deck.value = deck;
    return true;
  }

  /** Send again what the kernel refused, or never got, and ask again for what is next. */
  again(): void {
    this.refusal.value = null;
    this.outbox.again();
    this.asked = false;
    this.ensure();
  }

  // Where one looks

  /** Look at another card; as far as there are answers, and the first card without one. */
  step(by: number): void {
    const deck = this.deck.peek();
    const last = this.paged.peek() ? deck.cards.length - 1 : Math.min(frontier(deck), deck.cards.length);
    const at = Math.min(Math.max(deck.at + by, 0), Math.max(last, 0));
    if (at !== deck.at) this.deck.value = { ...deck, at };
  }

  /** The picture before, or the page before. */
  back(): void {
    const [start] = pageOf(this.deck.peek());
    this.step(
      this.paged.peek() && this.deck.peek().at < this.deck.peek().cards.length
        ? start - PAGE - this.deck.peek().at
        : -1,
    );
  }

  look(at: number): void {
    this.deck.value = { ...this.deck.peek(), at };
  }

  setPaged(paged: boolean): void {
    this.core.layout.set("hunt_nine", paged);
    this.ensure();
  }

  /** Look at samples for another reason. */
  setTask(wanted: Task): void {
    // While an audit is under way there is nothing else to hunt.
    const task = wanted === "hunt" && this.state.peek()?.audit ? "audit" : wanted;
    if (task === this.task.peek()) return;
    this.decks.set(this.task.peek(), this.deck.peek());
    this.loading?.abort();
    this.loading = null;
    this.refusal.value = null;
    this.ended.value = false;
    this.task.value = task;
    // What was answered stays for whoever goes back; what comes is chosen anew, for the model may have learned meanwhile.
    const former = this.decks.get(task)?.cards ?? [];
    const kept = former.filter(({ verdict }) => verdict !== null && task === "hunt");
    forget(former.filter((card) => !kept.includes(card)));
    this.deck.value = { cards: kept, at: kept.length };
    this.ensure();
  }

  // Audits and slices

  async startAudit(count: number, outside: number): Promise<Failure | null> {
    this.busy.value = true;
    try {
      this.take((await this.core.rpc.request("start_audit", { count, outside })).reply);
      return null;
    } catch (error) {
      return failureOf(error);
    } finally {
      this.busy.value = false;
    }
  }

  async save(name: string): Promise<Failure | null> {
    try {
      const { reply } = await this.core.rpc.request("save_found", { name, note: "" });
      this.core.say(`Saved ${reply.count.toLocaleString("en")} samples as the slice ${reply.name}`);
      return null;
    } catch (error) {
      return failureOf(error);
    }
  }

  // Inside

  private give(ids: readonly string[], verdict: Verdict): void {
    this.refusal.value = null;
    const deck = answered(this.deck.peek(), ids, verdict);
    this.deck.value = { ...deck, at: next(deck, this.paged.peek()) };
    this.outbox.send({ samples: [...ids], verdict, task: this.task.peek() });
    this.ensure();
  }

  private heard(
    sent: { samples: readonly string[]; verdict: Verdict; task: Task },
    reply: HuntState | Failure,
  ): void {
    const came = "version" in reply ? "saved" : "failed";
    if (sent.task === this.task.peek()) {
      this.deck.value = settled(this.deck.peek(), sent.samples, sent.verdict, came);
    } else {
      const deck = this.decks.get(sent.task);
      if (deck !== undefined) this.decks.set(sent.task, settled(deck, sent.samples, sent.verdict, came));
    }
    if ("version" in reply) this.take(reply);
    else this.refusal.value = reply;
  }

  private take(state: HuntState): void {
    const before = this.state.peek();
    if (!this.learnt(state)) return;
    // While an audit is under way there is nothing else to hunt, whoever began it.
    if (state.audit !== null && this.task.peek() === "hunt") {
      if (before !== null && !this.busy.peek()) this.core.say("An audit has begun");
      this.setTask("audit");
    }
    if (state.settled.length > 0) {
      const { deck, left } = without(this.deck.peek(), state.settled, this.paged.peek());
      forget(left);
      this.deck.value = deck;
    }
    if (before?.version !== state.version) this.asked = false;
    this.ensure();
  }

  /** See that there is something to look at next. */
  private ensure(): void {
    const kind = this.paged.peek() ? "paged" : "alone";
    const deck = this.deck.peek();
    if (this.disposed || this.loading !== null || this.state.peek() === null) return;
    // What has ended stays so on the screen until there is something to look at.
    if (this.ended.peek() && (this.asked || this.audited())) return;
    if (open(deck) < FEW[kind]) void this.load(BATCH[kind]);
  }

  /** The audit that is looked at is done. */
  private audited(): boolean {
    return this.task.peek() === "audit" && this.state.peek()?.audit === null;
  }

  private async load(count: number): Promise<void> {
    const abort = new AbortController();
    this.loading = abort;
    this.asked = true;
    const task = this.task.peek();
    const held = this.deck.peek().cards.filter(({ sent }) => task !== "hunt" || sent !== "saved");
    const asked = { task, count, without: held.map(({ id }) => id) };
    try {
      const { reply, buffer } = await this.core.rpc.request("get_next", asked, abort.signal);
      if (abort.signal.aborted || this.disposed) return;
      this.loading = null;
      const { deck, left } = grown(this.deck.peek(), cardsOf(reply.tiles, buffer));
      forget(left);
      this.deck.value = deck;
      this.ended.value = reply.tiles.length === 0;
      this.ensure();
    } catch (error) {
      const failure = failureOf(error);
      if (abort.signal.aborted || failure === null || this.disposed) return;
      this.loading = null;
      this.ended.value = true;
      if (open(this.deck.peek()) === 0) this.refusal.value = failure;
    }
  }

  /** A page shows thumbnails. */
  protected wanted(): string[] {
    const { cards, at } = this.deck.value;
    if (this.paged.value && !this.large.value) return [];
    const ids = cards.slice(at, at + 1 + AHEAD).map(({ id }) => id);
    const before = cards[at - 1]?.id;
    return before === undefined ? ids : [...ids, before];
  }
}
