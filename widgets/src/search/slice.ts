import { batch, computed, signal } from "@preact/signals";
import type { Chip, Columns } from "../protocol";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";
import { parse } from "./parse";
import { encoded } from "./picture";

/** The type of a sample that is dragged; its data is the sample id. */
export const SAMPLE_TYPE = "application/x-curate-sample";

export type SearchMode = "words" | "where";

const CHECK_MS = 250;

/** What is typed into the search bar, and what the kernel thinks of it. */
export class SearchSlice {
  private readonly chosen = signal<SearchMode>("words");
  readonly text = signal("");
  /** How many samples would stay if the expression that is typed were added; null while nobody knows. */
  readonly checked = signal<number | null>(null);
  readonly checking = signal(false);
  readonly checkFailure = signal<Failure | null>(null);
  readonly columns = signal<Columns | null>(null);
  /** Counts up when the search bar should take the focus. */
  readonly focused = signal(0);

  /** Why words cannot be looked for; empty where they can. */
  readonly wordless = computed(() => {
    const state = this.core.state.value;
    if (state === null) return "";
    if (state.encoder === "") return "Words need vectors: run ds.embed(), then run the cell again";
    return state.has_text ? "" : `The encoder ${state.encoder} knows no words`;
  });
  /** Why pictures cannot be looked for. */
  readonly pictureless = computed(() =>
    this.core.state.value?.encoder === "" ? "Searching by picture needs vectors: run ds.embed()" : "",
  );
  readonly mode = computed<SearchMode>(() => (this.wordless.value === "" ? this.chosen.value : "where"));

  private checkTimer: ReturnType<typeof setTimeout> | undefined;
  private checkAbort: AbortController | undefined;
  private columnsOf = -1;

  constructor(private readonly core: Core) {
    core.onVersion(() => {
      if (this.mode.peek() === "where") this.check();
    });
  }

  dispose(): void {
    this.forget();
  }

  focus(): void {
    this.focused.value++;
  }

  setMode(mode: SearchMode): void {
    batch(() => {
      this.chosen.value = mode;
      this.core.editFailure.value = null;
      this.type(this.text.peek());
    });
  }

  /** The text of the field is another now. */
  type(text: string): void {
    this.core.editFailure.value = null;
    const expression = text.startsWith("=");
    if (expression) this.chosen.value = "where";
    this.text.value = expression ? text.slice(1).trimStart() : text;
    this.check();
  }

  /** Make a step of what is typed. What is typed stays until it is one. */
  async submit(): Promise<boolean> {
    const text = this.text.peek();
    if (text.trim() === "") return false;
    if (this.mode.peek() === "where") return this.add(text, { type: "add_where", sql: text.trim() });
    const { words, minus } = parse(text);
    if (words.length + minus.length === 0) return false;
    return this.add(text, { type: "add_search", words, minus });
  }

  /** How many of a search are shown; null is all that could be scored. */
  best(count: number | null): Promise<boolean> {
    return this.core.edit({ type: "best", count });
  }

  remove(chip: Chip): Promise<boolean> {
    return this.core.edit({ type: "remove_chip", step: chip.step, part: chip.part });
  }

  /** Take away the step that was added last; false where there is none. */
  async removeLast(): Promise<boolean> {
    const last = this.core.state.peek()?.chips.at(-1);
    return last !== undefined && (await this.remove(last));
  }

  clear(): Promise<boolean> {
    return this.core.edit({ type: "clear" });
  }

  like(samples: string[]): Promise<boolean> {
    return this.core.edit({ type: "add_examples", samples });
  }

  async likePicture(file: Blob): Promise<boolean> {
    if (this.pictureless.peek() !== "") {
      this.core.editFailure.value = { message: this.pictureless.peek(), hint: "" };
      return false;
    }
    try {
      return await this.core.edit({ type: "add_picture", data: await encoded(file) });
    } catch (error) {
      this.core.fail(error, this.core.editFailure);
      return false;
    }
  }

  /** The columns are wanted, for completion. */
  async loadColumns(): Promise<void> {
    const version = this.core.state.peek()?.version ?? 0;
    if (this.columnsOf === version) return;
    this.columnsOf = version;
    try {
      this.columns.value = (await this.core.rpc.request("get_columns", {})).reply;
    } catch {
      // Without them there is no completion, and everything else works; the next focus asks again.
      this.columnsOf = -1;
    }
  }

  private async add(text: string, change: Parameters<Core["edit"]>[0]): Promise<boolean> {
    const done = await this.core.edit(change);
    if (done && this.text.peek() === text) this.type("");
    return done;
  }

  private forget(): void {
    clearTimeout(this.checkTimer);
    this.checkAbort?.abort();
  }

  /** Ask what the expression would do, a moment after the last letter. */
  private check(): void {
    this.forget();
    const sql = this.text.peek().trim();
    batch(() => {
      this.checked.value = null;
      this.checking.value = false;
      if (sql === "" || this.mode.peek() !== "where") this.checkFailure.value = null;
    });
    if (sql === "" || this.mode.peek() !== "where") return;
    const abort = new AbortController();
    this.checkAbort = abort;
    this.checking.value = true;
    this.checkTimer = setTimeout(async () => {
      try {
        const { reply } = await this.core.rpc.request("check", { sql }, abort.signal);
        batch(() => {
          this.checked.value = reply.count;
          this.checkFailure.value = null;
        });
      } catch (error) {
        if (abort.signal.aborted) return;
        this.checkFailure.value = failureOf(error);
      }
      this.checking.value = false;
    }, CHECK_MS);
  }
}
