import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Event } from "../protocol";
import type { Core } from "../store/core";
import type { Failure } from "../store/failure";
import type { Verdict } from "./deck";
import { Pictures } from "./pictures";

/** How often somebody who looks at it sees what others answered. */
const FOLLOW_MS = 3000;
/** The answer to what was asked here says it, too, and mostly comes first. */
export const SOON_MS = 250;

/** What is reviewed one by one: how it stands, and the answers that are followed and taken back. */
export abstract class ReviewSlice<State extends { version: number; undo: string }> {
  readonly state = signal<State | null>(null);
  /** Why nothing can be shown. */
  readonly failure = signal<Failure | null>(null);
  /** Why an answer, or what was asked for beside it, was refused. */
  readonly refusal = signal<Failure | null>(null);
  /** The kernel has nothing more to ask. */
  readonly ended = signal(false);
  /** An answer is being taken back, or something else is under way. */
  readonly busy = signal(false);
  /** How many answers the kernel does not have yet, and how many of them it refused. */
  abstract readonly pending: ReadonlySignal<number>;
  abstract readonly failed: ReadonlySignal<number>;
  readonly pictures: Pictures;

  protected loading: AbortController | null = null;
  protected disposed = false;
  private timer: ReturnType<typeof setInterval> | undefined;
  private soonTimer: ReturnType<typeof setTimeout> | undefined;
  private stops: (() => void)[] = [];

  constructor(protected readonly core: Core) {
    this.pictures = new Pictures(core.rpc);
  }

  /** Ask how it stands; also the way back after an error. */
  abstract follow(): Promise<void>;
  /** Answer what is looked at. */
  abstract answer(verdict: Verdict): void;
  /** Send again what the kernel refused, or never got, and ask again for what is next. */
  abstract again(): void;
  /** Ask the kernel to take back the last answer, and look at that again; false where nothing came of it. */
  protected abstract takeBack(): Promise<boolean>;
  /** The pictures that are looked at now, and soon. */
  protected abstract wanted(): string[];

  /** To be called when all is there that is followed. */
  protected begin(changed: Event["type"]): void {
    this.stops = [
      this.core.onEvent((event) => {
        if (event.type === changed && "version" in event) this.soon(event.version);
      }),
      effect(() => this.pictures.want(this.wanted())),
    ];
    void this.follow();
  }

  dispose(): void {
    this.disposed = true;
    for (const stop of this.stops) stop();
    this.sight(false);
    clearTimeout(this.soonTimer);
    this.loading?.abort();
    this.pictures.dispose();
  }

  private soon(version: number): void {
    clearTimeout(this.soonTimer);
    this.soonTimer = setTimeout(() => {
      if (version > (this.state.peek()?.version ?? -1)) void this.follow();
    }, SOON_MS);
  }

  /** Somebody looks at the widget, or no longer. Nobody asks while nobody looks. */
  sight(looks: boolean): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (!looks || this.disposed) return;
    if (this.state.peek() !== null) void this.follow();
    this.timer = setInterval(() => this.glance(), FOLLOW_MS);
  }

  /** Now and then, while somebody looks. */
  protected glance(): void {
    void this.follow();
  }

  /** Take what the kernel said. Answers of two threads may overtake each other; an older one says nothing new: false. */
  protected learnt(state: State): boolean {
    this.failure.value = null;
    if (state.version < (this.state.peek()?.version ?? state.version)) return false;
    this.state.value = state;
    return true;
  }

  /** Take back the last answer, and look at it again. */
  async undo(): Promise<void> {
    if (this.busy.peek() || (this.state.peek()?.undo ?? "") === "") return;
    this.busy.value = true;
    try {
      if (!(await this.takeBack())) return;
      this.core.say("Taken back");
      void this.follow();
    } catch (error) {
      this.core.fail(error, this.refusal);
    } finally {
      this.busy.value = false;
    }
  }
}
