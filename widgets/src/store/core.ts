import { computed, type Signal, signal } from "@preact/signals";
import type { Model } from "../host";
import type { Event, State } from "../protocol";
import { KernelError, RpcClient } from "../rpc/client";
import { type AnyChange, Edits, type Sent } from "./edits";
import { type Failure, failureOf } from "./failure";
import { Layout } from "./layout";

export type { AnyChange } from "./edits";

export type Part = "explorer" | "gallery" | "map" | "facets" | "hunt" | "pairs";

type OnVersion = (state: State, before: State | null) => void;
type OnSelection = (revision: number, origin: string) => void;
type OnEvent = (event: Event) => void;

const TOAST_MS = 5000;
const LOOK_MS = 2000;

/** What every slice stands on: the line to the kernel, what the kernel says the view is, and how that is changed. */
export class Core {
  readonly part: Part;
  readonly rpc: RpcClient;
  readonly layout: Layout;
  readonly state = signal<State | null>(null);
  /** Why nothing at all can be shown. */
  readonly failure = signal<Failure | null>(null);
  /** Why the last edit was refused; shown under the search bar until the next edit. */
  readonly editFailure = signal<Failure | null>(null);
  readonly toast = signal("");
  private readonly working = signal(0);
  /** An edit, an undo or a refresh is under way. */
  readonly busy = computed(() => this.working.value > 0);

  private readonly edits: Edits;
  private readonly versionListeners = new Set<OnVersion>();
  private readonly sentListeners = new Set<() => void>();
  private readonly selectionListeners = new Set<OnSelection>();
  private readonly eventListeners = new Set<OnEvent>();
  private toastTimer: ReturnType<typeof setTimeout> | undefined;
  private looked = Number.NEGATIVE_INFINITY;
  /** The newest version that the kernel has told of. */
  private announced = 0;
  private catchingUp = false;
  private disposed = false;

  constructor(readonly model: Model) {
    this.part = partOf(model);
    this.layout = new Layout(model);
    this.rpc = new RpcClient(model, (event) => this.hear(event));
    this.edits = new Edits(
      () => this.state.peek(),
      (change, where, last) => this.send(change, where, last),
    );
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.toastTimer);
    this.edits.dispose();
    this.rpc.dispose();
    this.layout.dispose();
    this.versionListeners.clear();
    this.sentListeners.clear();
    this.selectionListeners.clear();
    this.eventListeners.clear();
  }

  /** Ask what the view is; also the way back after an error. */
  async hello(): Promise<void> {
    await this.ask("hello", this.failure);
  }

  /** A person looks at the widget again: has somebody else written to the dataset? At most every two seconds. */
  async look(): Promise<void> {
    const now = performance.now();
    if (this.state.peek() === null || now - this.looked < LOOK_MS) return;
    this.looked = now;
    await this.ask("look", null);
  }

  async refresh(): Promise<void> {
    await this.work(() => this.ask("refresh", null));
  }

  async undo(): Promise<void> {
    const words = this.state.peek()?.undo ?? "";
    if (words !== "" && (await this.work(() => this.ask("undo", null)))) this.say(`Undone: ${words}`);
  }

  async redo(): Promise<void> {
    const words = this.state.peek()?.redo ?? "";
    if (words !== "" && (await this.work(() => this.ask("redo", null)))) this.say(`Done again: ${words}`);
  }

  /**
   * Change the query. True where it was done; false where a newer edit took its place or the kernel refused.
   *
   * @param where the signal that takes the refusal; without one it is shown under the search bar.
   */
  edit(change: AnyChange, where: Signal<Failure | null> = this.editFailure): Promise<boolean> {
    where.value = null;
    return this.edits.add(change, where);
  }

  /** Say something in passing. */
  say(text: string): void {
    clearTimeout(this.toastTimer);
    this.toast.value = text;
    this.toastTimer = setTimeout(() => {
      this.toast.value = "";
    }, TOAST_MS);
  }

  /** Show an error where it belongs, or in passing where it belongs nowhere. A cancelled request is none. */
  fail(error: unknown, where: Signal<Failure | null> | null): void {
    const failure = failureOf(error);
    if (failure === null || this.disposed) return;
    if (where) where.value = failure;
    else this.say(failure.hint ? `${failure.message} Hint: ${failure.hint}` : failure.message);
  }

  /** The rows, or what is shown of them, changed; first called when the kernel has answered for the first time. */
  onVersion(callback: OnVersion): () => void {
    return listen(this.versionListeners, callback);
  }

  /** A change of the query was sent just now, and is not answered yet. */
  onSent(callback: () => void): () => void {
    return listen(this.sentListeners, callback);
  }

  /** The selection changed. `origin` is the client that did it (maybe this one), or "" for Python and everything else. */
  onSelection(callback: OnSelection): () => void {
    return listen(this.selectionListeners, callback);
  }

  /** Something happened that nobody here asked for. */
  onEvent(callback: OnEvent): () => void {
    return listen(this.eventListeners, callback);
  }

  /** The contact sheet of a saved widget, to be shown while no kernel answers. */
  still(): string {
    const still = String(this.model.get("_still") ?? "");
    return still.startsWith("data:image/jpeg;base64,") ? still : "";
  }

  private send(change: AnyChange, where: Signal<Failure | null>, last: boolean): Promise<Sent> {
    return this.work(async () => {
      const version = this.state.peek()?.version ?? 0;
      try {
        const answer = this.rpc.request("edit", { version, change });
        for (const callback of [...this.sentListeners]) callback();
        this.take((await answer).reply);
        return "done";
      } catch (error) {
        if (failureOf(error) === null) return "failed";
        // Somebody else may have changed the query at the same moment; then it is known now, and asked again.
        await this.ask("hello", null);
        if (!last && error instanceof KernelError && this.state.peek()?.version !== version) return "again";
        this.fail(error, where);
        return "failed";
      }
    });
  }

  private async ask(
    type: "hello" | "look" | "refresh" | "undo" | "redo",
    where: Signal<Failure | null> | null,
  ): Promise<boolean> {
    try {
      this.take((await this.rpc.request(type, {})).reply);
      return true;
    } catch (error) {
      this.fail(error, where);
      return false;
    }
  }

  private async work<T>(task: () => Promise<T>): Promise<T> {
    this.working.value++;
    try {
      return await task();
    } finally {
      this.working.value--;
      void this.catchUp();
    }
  }

  /** Ask what the view is, where it is newer than what is known. The answer to an edit of our own says it anyway. */
  private async catchUp(): Promise<void> {
    const known = this.state.peek();
    if (this.disposed || this.catchingUp || known === null || this.working.peek() > 0) return;
    if (known.version >= this.announced) return;
    const asked = this.announced;
    this.catchingUp = true;
    const answered = await this.ask("hello", this.failure);
    this.catchingUp = false;
    // It may have changed again meanwhile.
    if (answered && this.announced > asked) void this.catchUp();
  }

  private take(state: State): void {
    const before = this.state.peek();
    // Answers of two threads may overtake each other; an older one says nothing new.
    if (before !== null && state.version < before.version) return;
    this.failure.value = null;
    this.state.value = state;
    if (before === null || before.version !== state.version) {
      for (const callback of [...this.versionListeners]) callback(state, before);
    }
    if (before !== null ? before.revision < state.revision : state.selected > 0) {
      for (const callback of [...this.selectionListeners]) callback(state.revision, "");
    }
  }

  private hear(event: Event): void {
    const state = this.state.peek();
    if (event.type === "view_changed") {
      this.announced = Math.max(this.announced, event.version);
      void this.catchUp();
    }
    if (event.type === "selection_changed" && state !== null && event.revision > state.revision) {
      const { revision, count: selected, here: selected_here, origin } = event;
      this.state.value = { ...state, revision, selected, selected_here };
      for (const callback of [...this.selectionListeners]) callback(revision, origin);
    }
    for (const callback of [...this.eventListeners]) callback(event);
  }
}

function partOf(model: Model): Part {
  const part = model.get("_part");
  const parts: readonly unknown[] = ["explorer", "map", "facets", "hunt", "pairs"];
  return parts.includes(part) ? (part as Part) : "gallery";
}

function listen<T>(listeners: Set<T>, callback: T): () => void {
  listeners.add(callback);
  return () => listeners.delete(callback);
}
