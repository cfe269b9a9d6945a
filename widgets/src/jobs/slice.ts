import { signal } from "@preact/signals";
import type { Job } from "../protocol";
import type { Core } from "../store/core";

/** What runs in the background, and what came of it until somebody has read that. */
export class JobSlice {
  /** Oldest first. */
  readonly jobs = signal<readonly Job[]>([]);
  /** Jobs that are asked to stop and have not yet. */
  readonly stopping = signal<readonly number[]>([]);
  private readonly dismissed = new Set<number>();

  constructor(private readonly core: Core) {
    core.onVersion((state) => {
      for (const job of state.jobs) this.take(job);
    });
    core.onEvent((event) => {
      if (event.type === "job_changed") this.take(event.job);
    });
  }

  dispose(): void {
    this.dismissed.clear();
  }

  /** Stop a job. It says itself when it has. */
  async stop(id: number): Promise<void> {
    if (this.stopping.peek().includes(id)) return;
    this.stopping.value = [...this.stopping.peek(), id];
    try {
      await this.core.rpc.request("stop_job", { job: id });
    } catch (error) {
      this.stopping.value = this.stopping.peek().filter((other) => other !== id);
      this.core.fail(error, null);
    }
  }

  /** What came of it was read. The kernel forgets it, too, so that a page that is loaded again does not bring it back. */
  dismiss(id: number): void {
    this.dismissed.add(id);
    this.jobs.value = this.jobs.peek().filter((job) => job.id !== id);
    this.core.rpc.request("stop_job", { job: id }).catch(() => {
      // It was forgotten already.
    });
  }

  private take(job: Job): void {
    if (this.dismissed.has(job.id)) return;
    if (job.state !== "running") this.stopping.value = this.stopping.peek().filter((id) => id !== job.id);
    this.jobs.value = merged(this.jobs.peek(), job);
  }
}

/** The jobs with this one as it is now. What a job said last is not taken back by news that came late. */
export function merged(jobs: readonly Job[], job: Job): readonly Job[] {
  const before = jobs.find(({ id }) => id === job.id);
  if (before === undefined) return [...jobs, job].sort((a, b) => a.id - b.id);
  if (before.state !== "running" && job.state === "running") return jobs;
  return jobs.map((other) => (other.id === job.id ? job : other));
}

/** How far a job is, in words, with the stage of its work where it has several; empty where it has not said so yet. */
export function progressText({ done, total, text }: Job): string {
  if (total <= 0) return "";
  const stage = text.includes(": ") ? `${text.slice(text.lastIndexOf(": ") + 2)} ` : "";
  return `${stage}${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
}
