import type { Signal } from "@preact/signals";
import type { Chip, Edit, State } from "../protocol";
import type { Failure } from "./failure";

export type AnyChange = Edit["change"];

/** How an edit went; "again" where the query had changed meanwhile, and is known now. */
export type Sent = "done" | "failed" | "again";

/** The signal that takes a refusal. */
type Where = Signal<Failure | null>;

interface Waiting {
  change: AnyChange;
  where: Where;
  /** The chip that a `remove_chip` means: its numbers are of the query of that moment. */
  chip: Chip | undefined;
  resolve(done: boolean): void;
}

/**
 * The edits of the query that wait for the one that is under way.
 *
 * The kernel refuses an edit of a query that is not shown any more, so they go one after the other. A newer edit takes the
 * place of one that waits and would be overwritten by it: of the same facet, of the order, of the groups.
 */
export class Edits {
  private waiting: Waiting[] = [];
  private running = false;

  /**
   * @param state what is shown now.
   * @param send carries out one edit; the `last` try never says "again".
   */
  constructor(
    private readonly state: () => State | null,
    private readonly send: (change: AnyChange, where: Where, last: boolean) => Promise<Sent>,
  ) {}

  /** Whether it was done; false where it failed, and where a newer one took its place. */
  add(change: AnyChange, where: Where): Promise<boolean> {
    const slot = slotOf(change);
    const kept = this.waiting.filter((other) => change.type !== "clear" && slotOf(other.change) !== slot);
    for (const other of this.waiting) if (!kept.includes(other)) other.resolve(false);
    return new Promise((resolve) => {
      this.waiting = [...kept, { change, where, chip: chipOf(change, this.state()), resolve }];
      if (!this.running) void this.run();
    });
  }

  dispose(): void {
    for (const { resolve } of this.waiting.splice(0)) resolve(false);
  }

  private async run(): Promise<void> {
    this.running = true;
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      next.resolve((await this.carryOut(next)) === "done");
    }
    this.running = false;
  }

  private async carryOut(waiting: Waiting): Promise<Sent> {
    let sent: Sent = "again";
    for (let tries = 1; sent === "again"; tries++) {
      const change = current(waiting, this.state());
      if (change === null) return "done";
      sent = await this.send(change, waiting.where, tries === 2);
    }
    return sent;
  }
}

/** Edits of one slot overwrite each other; one that has none stands for itself. */
function slotOf(change: AnyChange): unknown {
  switch (change.type) {
    case "set_facet":
      return `${change.kind} ${change.column}`;
    case "sort":
    case "group":
      return change.type;
    default:
      return change;
  }
}

function chipOf(change: AnyChange, state: State | null): Chip | undefined {
  if (change.type !== "remove_chip") return undefined;
  return state?.chips.find((chip) => chip.step === change.step && chip.part === change.part);
}

/** The edit in the numbers of what is shown now; null where the chip is gone already. */
function current({ change, chip }: Waiting, state: State | null): AnyChange | null {
  if (change.type !== "remove_chip" || chip === undefined) return change;
  const chips = state?.chips ?? [];
  const same = chips.filter((other) => other.kind === chip.kind && other.text === chip.text);
  const found = same.find((other) => other.step === chip.step && other.part === chip.part) ?? same[0];
  return found === undefined ? null : { type: "remove_chip", step: found.step, part: found.part };
}
