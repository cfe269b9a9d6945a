import type { Model } from "../host";
import type { Chip, Event, Reply, Request, RowInfo, State } from "../protocol";

/** A model whose kernel is the test. */
export class FakeModel implements Model {
  readonly sent: Request[] = [];
  readonly traits: Record<string, unknown>;
  saves = 0;
  broken = false;
  private readonly listeners = new Map<string, Set<(...values: never[]) => void>>();

  constructor(traits: Record<string, unknown> = {}) {
    this.traits = traits;
  }

  get(name: string): unknown {
    return this.traits[name];
  }
  set(name: string, value: unknown): void {
    this.traits[name] = value;
  }
  save_changes(): void {
    this.saves++;
  }
  on(name: string, callback: (...values: never[]) => void): void {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(callback));
  }
  off(name: string, callback: (...values: never[]) => void): void {
    this.listeners.get(name)?.delete(callback);
  }
  send(content: unknown): void {
    if (this.broken) throw new Error("the kernel is dead");
    this.sent.push(content as Request);
  }

  emit(name: string, ...values: unknown[]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(...(values as never[]));
  }

  /** How many listen to anything. */
  get listening(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  tell(event: Event): void {
    this.emit("msg:custom", event, []);
  }

  /** Answer the last request of a type, and let what waits for it run. */
  async answer(type: Request["type"], reply: Partial<Reply> & { type: Reply["type"] }): Promise<void> {
    const request = this.last(type);
    this.emit("msg:custom", { ...reply, client: request.client, id: request.id }, []);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  }

  last<T extends Request["type"]>(type: T): Extract<Request, { type: T }> {
    const found = this.sent.findLast((request) => request.type === type);
    if (found === undefined) throw new Error(`nobody sent ${type}`);
    return found as Extract<Request, { type: T }>;
  }

  count(type: Request["type"]): number {
    return this.sent.filter((request) => request.type === type).length;
  }
}

export function chip(kind: Chip["kind"], text: string, step: number, part = 0, note = ""): Chip {
  return { kind, text, step, part, note };
}

/** What the kernel says of a view of 100 samples out of 2,000. */
export function state(changes: Partial<State> = {}): State {
  return {
    type: "state",
    client: "",
    id: 0,
    alive: true,
    version: 1,
    rows: 1,
    revision: 0,
    dataset: "roads",
    count: 100,
    total: 2000,
    python: "ds",
    chips: [],
    sort: null,
    descending: false,
    order: "ingest",
    group: null,
    scored: false,
    selected: 0,
    selected_here: 0,
    stale: false,
    undo: "",
    redo: "",
    encoder: "demo",
    has_text: true,
    writable: true,
    tags: [],
    slices: [],
    jobs: [],
    ...changes,
  };
}

/** A sample without a picture. */
export const tile = (id: number): RowInfo => ({
  sample_id: String(id),
  name: `${id}.jpg`,
  status: "ok",
  error: "",
  score: null,
  badges: [],
  shapes: [],
  width: 4,
  height: 3,
  bytes: 0,
});
