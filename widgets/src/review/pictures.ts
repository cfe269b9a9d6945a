import { signal } from "@preact/signals";
import type { RpcClient } from "../rpc/client";
import { failureOf } from "../store/failure";

export interface Large {
  /** A blob URL, or "" where there is no picture. */
  readonly url: string;
  /** Why there is only a thumbnail, or nothing. */
  readonly note: string;
}

const KEPT = 12;

/** Large pictures by sample: what is wanted comes one after the other, so that what is looked at never waits behind others. */
export class Pictures {
  private readonly held = new Map<string, Large>();
  private readonly changed = signal(0);
  private wanted: readonly string[] = [];
  private loading: { id: string; abort: AbortController } | null = null;
  private disposed = false;

  constructor(private readonly rpc: RpcClient) {}

  /** The picture of a sample, where it has come; a component that reads it is drawn again when it does. */
  get(id: string): Large | undefined {
    void this.changed.value;
    return this.held.get(id);
  }

  /** These are looked at, or will be soon: the first is the most wanted. */
  want(ids: readonly string[]): void {
    this.wanted = ids;
    for (const id of ids) {
      const picture = this.held.get(id);
      if (picture === undefined) continue;
      this.held.delete(id);
      this.held.set(id, picture);
    }
    if (this.loading !== null && !ids.includes(this.loading.id)) {
      this.loading.abort.abort();
      this.loading = null;
    }
    void this.load();
  }

  dispose(): void {
    this.disposed = true;
    this.loading?.abort.abort();
    for (const { url } of this.held.values()) if (url !== "") URL.revokeObjectURL(url);
    this.held.clear();
  }

  private async load(): Promise<void> {
    if (this.disposed || this.loading !== null) return;
    const id = this.wanted.find((wanted) => !this.held.has(wanted));
    if (id === undefined) return;
    const abort = new AbortController();
    const mine = { id, abort };
    this.loading = mine;
    let picture: Large;
    try {
      const { reply, buffer } = await this.rpc.request("get_picture", { sample: id }, abort.signal);
      const url = buffer.length > 0 ? URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" })) : "";
      picture = { url, note: reply.note };
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) return;
      picture = { url: "", note: failure.message };
    }
    if (this.disposed || this.loading !== mine) {
      if (picture.url !== "") URL.revokeObjectURL(picture.url);
      return;
    }
    this.loading = null;
    this.held.set(id, picture);
    for (const [old, { url }] of this.held) {
      if (this.held.size <= KEPT) break;
      if (this.wanted.includes(old)) continue;
      this.held.delete(old);
      if (url !== "") URL.revokeObjectURL(url);
    }
    this.changed.value++;
    void this.load();
  }
}
