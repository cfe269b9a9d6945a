import type { IssueKind, Issues } from "../protocol";

const number = (value: number) => value.toLocaleString("en");

/** A kind of issue as somebody hears it. */
export function heard({ title, all, view }: IssueKind, whole: boolean): string {
  return whole ? `${title}: ${number(all)}` : `${title}: ${number(view)} of ${number(all)} in view`;
}

/** Kinds without a finding that are named. */
const NAMED = 3;

/** What was looked for and not found; "" where there is no such kind. */
export function notFound(kinds: readonly IssueKind[]): string {
  if (kinds.length === 0) return "";
  const names = kinds.map(({ title }) => title.toLowerCase());
  const more = names.length - NAMED;
  return more > 1
    ? `None: ${names.slice(0, NAMED).join(", ")} and ${more} more kinds.`
    : `None: ${names.join(", ")}.`;
}

/** How many samples nobody has looked at; "" where all were. */
export function searched({ samples }: Issues, total: number): string {
  const later = total - samples;
  if (later <= 0) return "";
  return later === 1
    ? "1 sample has come since: find again."
    : `${number(later)} samples have come since: find again.`;
}
