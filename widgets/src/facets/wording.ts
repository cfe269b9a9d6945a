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
  return kind === "time" ? timeText(value, step) : numberText(value, step);
}

function numberText(value: number, step: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e9 || (size < 1e-4 && step < 1e-4))) {
    return Number(value.toPrecision(4)).toExponential().replace("e+", "e");
  }
  // An end that reaches out to a far value need not be exact.
  const digits = step > 0 ? Math.max(-Math.floor(Math.log10(step) + 1e-9), 0) : 3;
  const fine =
    Math.abs(value / 10 ** -digits - Math.round(value / 10 ** -digits)) < 1e-6 ? digits : digits + 1;
  return value.toLocaleString("en", { maximumFractionDigits: Math.min(fine, 20) }).replace("-", "−");
}

function timeText(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return numberText(seconds, step);
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

/** What an interval keeps. */
export function intervalText(interval: Interval, kind: CardKind, step: number): string {
  const { low, high } = interval;
  if (low !== null && high !== null) return `${edgeText(low, kind, step)} – ${edgeText(high, kind, step)}`;
  if (low !== null)
    return kind === "time" ? `from ${edgeText(low, kind, step)}` : `≥ ${edgeText(low, kind, step)}`;
  if (high === null) return "all";
  return kind === "time" ? `before ${edgeText(high, kind, step)}` : `< ${edgeText(high, kind, step)}`;
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
