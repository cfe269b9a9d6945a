import { signal } from "@preact/signals";
import type { Model } from "../host";

const SAVE_MS = 300;

/** A value that can be saved with the notebook. */
export type Kept = string | number | boolean;

/** What a person arranged: open panels, sizes, modes. It is saved with the notebook, in the trait `_layout`. */
export class Layout {
  private readonly values = signal<Readonly<Record<string, unknown>>>({});
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: Model) {
    const saved = model.get("_layout");
    if (typeof saved === "object" && saved !== null) this.values.value = { ...saved };
  }

  /** What was saved under this name, where it is of the kind of `otherwise`; a component that reads it is drawn again. */
  get(name: string, otherwise: string): string;
  get(name: string, otherwise: number): number;
  get(name: string, otherwise: boolean): boolean;
  get(name: string, otherwise: Kept): Kept {
    const value = this.values.value[name];
    return typeof value === typeof otherwise ? (value as Kept) : otherwise;
  }

  set(name: string, value: Kept): void {
    const before = this.values.peek();
    if (before[name] === value) return;
    this.values.value = { ...before, [name]: value };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), SAVE_MS);
  }

  dispose(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.save();
  }

  private save(): void {
    this.timer = undefined;
    this.model.set("_layout", this.values.peek());
    this.model.save_changes();
  }
}
