import { signal } from "@preact/signals";
import type { Model } from "../host";
import type * as protocol from "../protocol";

interface Replies {
  hello: protocol.State;
  look: protocol.State;
  refresh: protocol.State;
  edit: protocol.State;
  undo: protocol.State;
  redo: protocol.State;
  check: protocol.Checked;
  get_columns: protocol.Columns;
  get_page: protocol.Page;
  get_groups: protocol.Groups;
  get_tiles: protocol.Tiles;
  get_picture: protocol.Picture;
  get_neighbours: protocol.Tiles;
  get_history: protocol.History;
  select: protocol.Selected;
  select_samples: protocol.Selected;
  lasso: protocol.Selected;
  get_selection: protocol.Selection;
  get_ids: protocol.Ids;
  tag: protocol.Tagged;
  save_slice: protocol.Saved;
  to_python: protocol.Named;
  export: protocol.Started;
  get_exports: protocol.Exports;
  project: protocol.Started;
  stop_job: protocol.Done;
  get_facets: protocol.Facets;
  get_values: protocol.FacetValues;
  get_map: protocol.MapState;
  get_points: protocol.Points;
  get_colours: protocol.Colours;
  get_masks: protocol.Masks;
  get_places: protocol.Places;
  get_density: protocol.Density;
  get_hunt: protocol.HuntState;
  get_next: protocol.NextSamples;
  set_verdict: protocol.HuntState;
  take_back: protocol.TakenBack;
  start_audit: protocol.HuntState;
  save_found: protocol.Saved;
  get_issues: protocol.Issues;
  find_issues: protocol.Started;
  get_duplicates: protocol.DuplicatesState;
  find_duplicates: protocol.Started;
  get_duplicate_groups: protocol.DuplicateGroups;
  judge_groups: protocol.DuplicatesState;
  accept_from: protocol.DuplicatesState;
  get_pair_review: protocol.PairReviewState;
  get_pairs: protocol.Pairs;
  judge_pair: protocol.PairReviewState;
  take_back_pair: protocol.PairTakenBack;
  get_splits: protocol.Splits;
  get_split: protocol.SplitState;
  get_split_form: protocol.SplitForm;
  make_split: protocol.Started;
  export_split: protocol.Started;
}

export type Asked = keyof Replies;
type Body<K extends Asked> = Omit<Extract<protocol.Request, { type: K }>, "type" | "client" | "id">;
export type Answer<K extends Asked> = { reply: Replies[K]; buffer: Uint8Array<ArrayBuffer> };

/** What the kernel answered instead: it says what was wrong, and what to do next. */
export class KernelError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** "slow": a request has waited for long. "silent": for very long. "lost": the kernel that made this widget is gone. */
export type Connection = "fine" | "slow" | "silent" | "lost";

interface Waiting {
  since: number;
  resolve(answer: Answer<Asked>): void;
  reject(error: Error): void;
}

export const SLOW_AFTER = 1500;
export const SILENT_AFTER = 20_000;
export const LOST_AFTER = 4000;
/** How long what nobody looks at first lets other requests go before. */
export const LATER_AFTER = 200;

/** Requests to the kernel, each answered by a promise that can be cancelled with an AbortSignal. */
export class RpcClient {
  readonly client: string;
  readonly connection = signal<Connection>("fine");
  private readonly waiting = new Map<number, Waiting>();
  private idlers: (() => void)[] = [];
  private nextId = 1;
  private slowTimer: ReturnType<typeof setTimeout> | undefined;
  private lostTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: Model,
    private readonly onEvent: (event: protocol.Event) => void,
  ) {
    this.client = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("");
    model.on("msg:custom", this.receive);
    model.on("comm_live_update", this.checkKernel);
  }

  request<K extends Asked>(type: K, body: Body<K>, abort?: AbortSignal): Promise<Answer<K>> {
    const id = this.nextId++;
    return new Promise<Answer<K>>((resolve, reject) => {
      const cancel = () => {
        if (!this.waiting.delete(id)) return;
        this.post({ type: "cancel", client: this.client, id: this.nextId++, target: id });
        this.watch();
        reject(new DOMException("cancelled", "AbortError"));
      };
      if (abort?.aborted) return reject(new DOMException("cancelled", "AbortError"));
      abort?.addEventListener("abort", cancel, { once: true });
      this.waiting.set(id, {
        since: performance.now(),
        resolve: (answer) => {
          abort?.removeEventListener("abort", cancel);
          resolve(answer as Answer<K>);
        },
        reject,
      });
      this.post({ type, client: this.client, id, ...body });
      this.watch();
    });
  }

  /**
   * Resolves when no answer is owed, and at the latest after LATER_AFTER: for what may come after what is waited for,
   * because kernel, server and page have few cores among them.
   */
  idle(): Promise<void> {
    if (this.waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.idlers.push(resolve);
      setTimeout(resolve, LATER_AFTER);
    });
  }

  dispose(): void {
    this.model.off("msg:custom", this.receive);
    this.model.off("comm_live_update", this.checkKernel);
    clearTimeout(this.slowTimer);
    clearTimeout(this.lostTimer);
    for (const waiting of this.waiting.values()) waiting.reject(new DOMException("closed", "AbortError"));
    this.waiting.clear();
  }

  private post(message: object): void {
    try {
      this.model.send(message);
    } catch {
      this.connection.value = "lost";
    }
  }

  private readonly receive = (
    message: protocol.Reply | protocol.Event,
    buffers: (DataView | ArrayBuffer)[] = [],
  ): void => {
    clearTimeout(this.lostTimer);
    if (this.connection.peek() === "lost") this.connection.value = "fine";
    if (!("client" in message)) {
      this.onEvent(message);
      return;
    }
    const waiting = message.client === this.client ? this.waiting.get(message.id) : undefined;
    // A widget that is shown twice has two clients on one line; the other one's answers are not ours.
    if (waiting === undefined) return;
    this.waiting.delete(message.id);
    this.watch();
    if (message.type === "error") waiting.reject(new KernelError(message.message, message.hint));
    else waiting.resolve({ reply: message, buffer: bytes(buffers[0]) });
  };

  /** Let go on who waited for all answers; tell "silent" from "slow" from "fine" by the oldest request that waits. */
  private watch(): void {
    clearTimeout(this.slowTimer);
    if (this.waiting.size === 0) for (const go of this.idlers.splice(0)) go();
    if (this.connection.peek() === "lost") return;
    let oldest = Number.POSITIVE_INFINITY;
    for (const { since } of this.waiting.values()) oldest = Math.min(oldest, since);
    const waited = performance.now() - oldest;
    this.connection.value = waited < SLOW_AFTER ? "fine" : waited < SILENT_AFTER ? "slow" : "silent";
    const next = waited < SLOW_AFTER ? SLOW_AFTER : SILENT_AFTER;
    if (oldest < Number.POSITIVE_INFINITY && waited < SILENT_AFTER) {
      this.slowTimer = setTimeout(() => this.watch(), next - waited + 1);
    }
  }

  /** The line to the kernel was cut or restored: ask, and call it lost where nobody answers. */
  private readonly checkKernel = (): void => {
    clearTimeout(this.lostTimer);
    this.lostTimer = setTimeout(() => {
      this.connection.value = "lost";
    }, LOST_AFTER);
    this.request("hello", {}).catch(() => undefined);
  };
}

function bytes(buffer: DataView | ArrayBuffer | undefined): Uint8Array<ArrayBuffer> {
  if (buffer === undefined) return new Uint8Array(0);
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
}
