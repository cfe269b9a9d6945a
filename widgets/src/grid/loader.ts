/** Rows `[start, stop)`. */
export type Range = readonly [number, number];

interface Asked {
  start: number;
  stop: number;
  abort: AbortController;
}

interface Source {
  /** The parts of a range that are not here yet. */
  missing(start: number, stop: number): Range[];
  /** Fetch rows; a promise that is kept when they are in, and refused where that failed or was cancelled. */
  fetch(start: number, stop: number, signal: AbortSignal): Promise<void>;
}

/** At most so often, in ms, is something asked for while somebody scrolls. */
const PACE_MS = 50;
/** So long after the screen is full the rows around it are fetched. */
const IDLE_MS = 80;

/**
 * Decides what to ask for, and when: exactly what is on the screen at once, then what is around it while nothing else is
 * to be done. What is no longer wanted is cancelled.
 */
export class Loader {
  private seen: Range = [0, 0];
  private around: Range = [0, 0];
  private readonly asked = new Set<Asked>();
  private failed = false;
  private last = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly source: Source,
    private readonly most: number,
  ) {}

  /** The rows that are on the screen, and a wider range around them. */
  want(seen: Range, around: Range): void {
    this.seen = seen;
    this.around = around;
    for (const asked of this.asked) if (!meet(asked, around)) this.cancel(asked);
    this.schedule(this.last + PACE_MS - performance.now());
  }

  /** What is here has changed: look again at once. */
  again(): void {
    this.failed = false;
    for (const asked of this.asked) this.cancel(asked);
    this.schedule(0);
  }

  /** Stop everything; nothing is wanted any more. */
  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.seen = [0, 0];
    this.around = [0, 0];
    for (const asked of this.asked) this.cancel(asked);
  }

  private schedule(delay: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.failed) return;
    if (delay <= 0) this.load();
    else this.timer = setTimeout(() => this.load(), delay);
  }

  private load(): void {
    this.timer = undefined;
    const urgent = this.absent(this.seen);
    if (urgent.length > 0) {
      // The kernel answers in turn: what was only fetched ahead would stand in the way.
      for (const asked of this.asked) if (!meet(asked, this.seen)) this.cancel(asked);
      this.ask(urgent);
    } else if (this.asked.size === 0 && this.absent(this.around).length > 0) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        if (this.asked.size === 0) this.ask(this.absent(this.around));
      }, IDLE_MS);
    }
  }

  /** What of a range is neither here nor on its way. */
  private absent([start, stop]: Range): Range[] {
    let absent = this.source.missing(start, stop);
    for (const asked of this.asked) {
      absent = absent.flatMap(([from, to]): Range[] => {
        if (asked.stop <= from || asked.start >= to) return [[from, to]];
        const left: Range[] = [];
        if (from < asked.start) left.push([from, asked.start]);
        if (asked.stop < to) left.push([asked.stop, to]);
        return left;
      });
    }
    return absent;
  }

  private ask(ranges: Range[]): void {
    this.last = performance.now();
    for (const [from, to] of ranges) {
      for (let start = from; start < to; start += this.most) {
        const asked = { start, stop: Math.min(start + this.most, to), abort: new AbortController() };
        this.asked.add(asked);
        this.source.fetch(asked.start, asked.stop, asked.abort.signal).then(
          () => {
            // A page whose pictures pass 1 MB comes in parts, so look what is still missing.
            if (this.asked.delete(asked)) this.schedule(0);
          },
          () => {
            // What failed is not asked for again by itself; somebody presses "Try again".
            if (this.asked.delete(asked)) this.failed = true;
          },
        );
      }
    }
  }

  private cancel(asked: Asked): void {
    this.asked.delete(asked);
    asked.abort.abort();
  }
}

function meet(asked: Asked, [start, stop]: Range): boolean {
  return asked.start < stop && asked.stop > start;
}
