import type { Card, Interval } from "../protocol";

export type CardKind = Card["kind"];

const SECOND = 1;
const MINUTE = 60;
const DAY = 86_400;
const YEAR = 365 * DAY;

/** A count that fits beside a name: whole up to five digits, then in thousands and millions. */
export function countText(count: number): string {
  if (count < 100_000) return count.toLocaleString("en");
  const [unit, of] = count < 999_500 ? ["k", 1e3] : ["M", 1e6];
  return `${Number((count / Number(of)).toPrecision(3)).toLocaleString("en")}${unit}`;
}

/** An edge of a histogram, as exact as its bins are wide. */
export function edgeText(value: number, kind: CardKind, step: number): string {
  return kind === "time" ? timeText(value, step) : numberText(value, step, 0);
}

/** A number; `least` digits behind the point make those of a pair look alike. */
function numberText(value: number, step: number, least: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e9 || (size < 1e-4 && step < 1e-4))) {
    return Number(value.toPrecision(4)).toExponential().replace("e+", "e");
  }
  // An end that reaches out to a far value need not be exact.
  const digits = digitsOf(step);
  const fine =
    Math.abs(value / 10 ** -digits - Math.round(value / 10 ** -digits)) < 1e-6 ? digits : digits + 1;
  const maximumFractionDigits = Math.min(fine, 20);
  const minimumFractionDigits = Math.min(least, maximumFractionDigits);
  return value.toLocaleString("en", { minimumFractionDigits, maximumFractionDigits }).replace("-", "−");
}

function timeText(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return numberText(seconds, step, 0);
  const of = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...options }).format(date);
  if (step >= YEAR * 0.99) return of({ year: "numeric" });
  if (step >= 27 * DAY) return of({ month: "short", year: "numeric" });
  if (step >= DAY) return of({ day: "numeric", month: "short", year: "numeric" });
  if (step >= MINUTE) return of({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  if (step >= SECOND) return of({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return of({ minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 });
}

/** How wide the bins are between the ends, which may reach out to far values. */
export function stepOf(edges: readonly number[]): number {
  const widths = edges.slice(1).map((edge, i) => edge - (edges[i] ?? 0));
  const inner = widths.length > 3 ? widths.slice(1, -1) : widths;
  return Math.min(...inner);
}

/** What an interval keeps. Of whole numbers the last one is named, not the first that is left out. */
export function intervalText({ low, high }: Interval, kind: CardKind, step: number, whole = false): string {
  const time = kind === "time";
  if (whole && high !== null) {
    const [first, last] = [low, Math.ceil(high) - 1].map((end) => end !== null && numberText(end, step, 0));
    if (low === null) return `≤ ${last}`;
    return first === last ? `${first}` : `${first} – ${last}`;
  }
  const of = (value: number) => (time ? timeText(value, step) : numberText(value, step, digitsOf(step)));
  if (low !== null && high !== null) return `${of(low)} – ${of(high)}`;
  if (low !== null) return `${time ? "from" : "≥"} ${of(low)}`;
  if (high !== null) return `${time ? "before" : "<"} ${of(high)}`;
  return "all";
}

/** Digits behind the point that tell two edges apart. */
function digitsOf(step: number): number {
  return step > 0 ? Math.max(-Math.floor(Math.log10(step) + 1e-9), 0) : 3;
}

const NOTHING: Record<CardKind, string> = {
  category: "no value",
  number: "no value",
  time: "no time",
  boolean: "no value",
  tags: "no tag",
  labels: "no label",
};

/** How a card calls the samples that have no value. */
export function missingText(card: Card): string {
  return NOTHING[card.kind];
}
