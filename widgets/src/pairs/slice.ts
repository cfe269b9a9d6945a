import { computed, signal } from "@preact/signals";
import type { PairReviewState } from "../protocol";
import { frontier, open, type Verdict } from "../review/deck";
import { ReviewSlice } from "../review/slice";
import type { Core } from "../store/core";
import { failureOf } from "../store/failure";
import { changed, type Deck, EMPTY, forget, grown, type Pair, pairsOf, redrawn, takenBack } from "./deck";

/** Pairs that are asked for at once, and how few without an answer may be left before that. */
const BATCH = 8;
const FEW = 5;
/** A threshold that slides is asked about when it has been still for so long, in ms. */
const SLIDE_MS = 120;

export const COMPARISONS = ["side", "blink", "difference"] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Two pictures at a time: whether they are the same, and what that says of a threshold. */
export class PairSlice extends ReviewSlice<PairReviewState> {
  readonly deck = signal<Deck>(EMPTY);
  /** Where the slider is, before the kernel has counted; null where it has. */
  readonly sliding = signal<number | null>(null);
  /** Of two pictures that lie over each other, the second one is on top. */
  readonly flipped = signal(false);
  /** They take turns by themselves, until somebody turns them by hand. */
  readonly blinking = signal(true);

  readonly threshold = computed(() => this.sliding.value ?? this.state.value?.threshold ?? 0);
  readonly pair = computed<Pair | null>(() => this.deck.value.cards[this.deck.value.at] ?? null);
  readonly pending = computed(() => this.deck.value.cards.filter(({ sent }) => sent === "pending").length);
  readonly failed = computed(() => this.deck.value.cards.filter(({ sent }) => sent === "failed").length);
  readonly comparison = computed<Comparison>(() => {
    const saved = this.core.layout.get("pairs.comparison", "side");
    return COMPARISONS.find((one) => one === saved) ?? "side";
  });

  private counting: AbortController | null = null;
  private slideTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(core: Core) {
    super(core);
    if (core.part === "pairs") this.begin("pairs_changed");
  }

  override dispose(): void {
    super.dispose();
    clearTimeout(this.slideTimer);
    this.counting?.abort();
    forget(this.deck.peek().cards);
  }

  // -- how it stands ---------------------------------------------------------------------------------------------

  /** Ask how the review stands; also the way back after an error. */
  async follow(): Promise<void> {
    if (this.disposed) return;
    this.counting?.abort();
    const abort = new AbortController();
    this.counting = abort;
    const threshold = this.sliding.peek() ?? this.state.peek()?.threshold ?? null;
    try {
      const { reply } = await this.core.rpc.request("get_pair_review", { threshold }, abort.signal);
      if (this.sliding.peek() === threshold) this.sliding.value = null;
      this.take(reply);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null || abort.signal.aborted || this.disposed) return;
      // What is shown already stays; whoever answers is told.
      if (this.state.peek() === null) this.failure.value = failure;
      else if (this.sliding.peek() !== null) {
        this.sliding.value = null;
        this.refusal.value = failure;
      }
    }
  }

  protected override glance(): void {
    if (this.sliding.peek() === null) void this.follow();
  }

  private take(state: PairReviewState): void {
    const before = this.state.peek();
    if (!this.learnt(state)) return;
    if (before !== null && before.left !== state.left) this.ended.value = false;
    this.ensure();
  }

  // -- answers ---------------------------------------------------------------------------------------------------

  /** Answer the pair that is looked at, and go on to the first one without an answer. */
  answer(verdict: Verdict): void {
    const pair = this.pair.peek();
    if (pair === null) return;
    this.refusal.value = null;
    const deck = changed(this.deck.peek(), pair.key, { verdict, sent: "pending" });
    this.deck.value = { ...deck, at: frontier(deck) };
    this.flipped.value = false;
    void this.send(pair, verdict);
    this.ensure();
  }

  private async send(pair: Pair, verdict: Verdict): Promise<void> {
    const { left, right, key } = pair;
    try {
      const threshold = this.state.peek()?.threshold ?? 0;
      const asked = { left: left.id, right: right.id, verdict, threshold };
      const { reply } = await this.core.rpc.request("judge_pair", asked);
      this.came(key, verdict, "saved");
      // The slider may be elsewhere by now.
      if (this.threshold.peek() === reply.threshold) this.take(reply);
      else void this.follow();
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null || this.disposed) return;
      this.came(key, verdict, "failed");
      this.refusal.value = failure;
    }
  }

  /** What became of an answer, unless there is a newer one. */
  private came(key: string, verdict: Verdict, sent: Pair["sent"]): void {
    const now = this.deck.peek().cards.find((pair) => pair.key === key);
    if (now?.verdict === verdict) this.deck.value = changed(this.deck.peek(), key, { sent });
  }

  /** Send again what the kernel refused, and ask again for what is next. */
  again(): void {
    this.refusal.value = null;
    this.ended.value = false;
    for (const pair of this.deck.peek().cards) {
      if (pair.sent !== "failed" || pair.verdict === null) continue;
      this.deck.value = changed(this.deck.peek(), pair.key, { sent: "pending" });
      void this.send(pair, pair.verdict);
    }
    this.ensure();
  }

  protected async takeBack(): Promise<boolean> {
    this.refusal.value = null;
    const { reply, buffer } = await this.core.rpc.request("take_back_pair", {});
    const [pair] = pairsOf([reply.pair], buffer);
    if (pair === undefined) return false;
    if (this.disposed) {
      forget([pair]);
      return false;
    }
    const { deck, left } = takenBack(this.deck.peek(), pair);
    forget(left);
    this.ended.value = false;
    this.deck.value = deck;
    return true;
  }

  // -- where one looks -------------------------------------------------------------------------------------------

  /** Look at another pair; as far as there are answers, and the first pair without one. */
  step(by: number): void {
    const deck = this.deck.peek();
    const at = Math.min(Math.max(deck.at + by, 0), frontier(deck));
    if (at === deck.at) return;
    this.deck.value = { ...deck, at };
    this.flipped.value = false;
  }

  compare(how: Comparison): void {
    this.core.layout.set("pairs.comparison", how);
    this.flipped.value = false;
    this.blinking.value = true;
  }

  /** Show the other one of two pictures that lie over each other; side by side, lay them so. */
  flip(): void {
    if (this.comparison.peek() !== "blink") this.compare("blink");
    else this.flipped.value = !this.flipped.peek();
    this.blinking.value = false;
  }

  // -- the threshold ---------------------------------------------------------------------------------------------

  /** Another threshold: shown at once, and counted when it is still for a moment. */
  slide(threshold: number): void {
    const state = this.state.peek();
    if (state === null) return;
    this.sliding.value = Math.min(Math.max(threshold, state.low), state.high);
    clearTimeout(this.slideTimer);
    this.slideTimer = setTimeout(() => void this.settle(), SLIDE_MS);
  }

  private async settle(): Promise<void> {
    await this.follow();
    if (this.disposed || this.sliding.peek() !== null) return;
    this.loading?.abort();
    this.loading = null;
    const { deck, left } = redrawn(this.deck.peek());
    forget(left);
    this.deck.value = deck;
    this.ended.value = false;
    this.ensure();
  }

  // -- inside ----------------------------------------------------------------------------------------------------

  /** See that there is something to look at next. */
  private ensure(): void {
    if (this.disposed || this.loading !== null || this.state.peek() === null || this.ended.peek()) return;
    if (open(this.deck.peek()) < FEW) void this.load();
  }

  private async load(): Promise<void> {
    const abort = new AbortController();
    this.loading = abort;
    const held = this.deck.peek().cards.filter(({ sent }) => sent !== "saved");
    const without = held.map(({ left, right }): [string, string] => [left.id, right.id]);
    const threshold = this.state.peek()?.threshold ?? 0;
    try {
      const asked = { count: BATCH, without, threshold };
      const { reply, buffer } = await this.core.rpc.request("get_pairs", asked, abort.signal);
      const came = pairsOf(reply.pairs, buffer);
      if (abort.signal.aborted || this.disposed) return forget(came);
      this.loading = null;
      const { deck, left } = grown(this.deck.peek(), came);
      forget(left);
      this.deck.value = deck;
      this.ended.value = came.length === 0;
      this.ensure();
    } catch (error) {
      const failure = failureOf(error);
      if (abort.signal.aborted || failure === null || this.disposed) return;
      this.loading = null;
      this.ended.value = true;
      if (this.pair.peek() === null) this.refusal.value = failure;
    }
  }

  protected wanted(): string[] {
    const { cards, at } = this.deck.value;
    return cards.slice(at, at + 3).flatMap(({ left, right }) => [left.id, right.id]);
  }
}
