import { effect, signal } from "@preact/signals";
import type { HuntState } from "../protocol";
import type { Verdict } from "../review/deck";
import type { RpcClient } from "../rpc/client";
import { type Failure, failureOf } from "../store/failure";
import type { Task } from "./deck";

export interface Sent {
  readonly samples: readonly string[];
  readonly verdict: Verdict;
  readonly task: Task;
}

interface Letter extends Sent {
  abort: AbortController;
  failed: boolean;
}

/**
 * Answers that the kernel does not have yet. Each is sent at once and kept until the kernel says that it has it; what a lost
 * line swallowed is sent again when the line is back, in the same order. To say the same twice does no harm.
 */
export class Outbox {
  /** Samples whose answer the kernel does not have yet. */
  readonly waiting = signal(0);
  /** Of these, answers that it refused. */
  readonly failed = signal(0);
  private letters: Letter[] = [];
  private readonly stop: () => void;

  constructor(
    private readonly rpc: RpcClient,
    private readonly heard: (sent: Sent, reply: HuntState | Failure) => void,
  ) {
    let lost = false;
    this.stop = effect(() => {
      const now = rpc.connection.value === "lost";
      if (lost && !now) this.again();
      lost = now;
    });
  }

  send(sent: Sent): void {
    // Only the last answer to a sample counts.
    const newer = new Set(sent.samples);
    this.letters = this.letters.filter(
      ({ samples, failed }) => !failed || !samples.every((id) => newer.has(id)),
    );
    const letter: Letter = { ...sent, abort: new AbortController(), failed: false };
    this.letters.push(letter);
    this.count();
    void this.post(letter);
  }

  /** Send again what is not there yet. */
  again(): void {
    for (const letter of this.letters) {
      letter.abort.abort();
      letter.abort = new AbortController();
      letter.failed = false;
      void this.post(letter);
    }
    this.count();
  }

  /** The answers that the kernel does not have yet, as Python to be run once there is one again; "" where it has all. */
  python(): string {
    const said = { yes: "True", no: "False", unsure: "None" } as const;
    return this.letters
      .map(({ samples, verdict }) => `hunt.mark([${samples.join(", ")}], ${said[verdict]})`)
      .join("\n");
  }

  dispose(): void {
    this.stop();
    for (const { abort } of this.letters) abort.abort();
    this.letters = [];
  }

  private async post(letter: Letter): Promise<void> {
    const { abort } = letter;
    const { samples, verdict, task } = letter;
    try {
      const asked = { samples: [...samples], verdict, task };
      const { reply } = await this.rpc.request("set_verdict", asked, abort.signal);
      if (abort.signal.aborted) return;
      this.letters = this.letters.filter((other) => other !== letter);
      this.count();
      this.heard(letter, reply);
    } catch (error) {
      const failure = failureOf(error);
      if (abort.signal.aborted || failure === null) return;
      letter.failed = true;
      this.count();
      this.heard(letter, failure);
    }
  }

  private count(): void {
    const sum = (letters: readonly Letter[]) => letters.reduce((n, { samples }) => n + samples.length, 0);
    this.waiting.value = sum(this.letters);
    this.failed.value = sum(this.letters.filter(({ failed }) => failed));
  }
}
