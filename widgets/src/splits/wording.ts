import type { SplitBalance, SplitNearness, SplitPart, SplitState } from "../protocol";
import { counted, number } from "../review/wording";

/** A share as a person reads it: "12.3 %". */
export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Percentage points, cut to what can be told apart. */
export const points = (value: number) =>
  `${value < 0.005 ? "0" : value < 10 ? value.toFixed(2) : value.toFixed(1)}`;

/** How much alike, cut and not rounded: 1.000 is kept for what is the same. */
export const alike = (value: number) => (Math.floor(value * 1000 + 1e-9) / 1000).toFixed(3);

/** What is the matter with a split, in a word or two. */
export function verdict({ checked, passed, promises }: SplitState): string {
  if (!checked) return "Checking…";
  const broken = promises.filter((promise) => !promise.passed).length;
  return passed
    ? "Every promise holds"
    : `${counted(broken, "promise")} of ${number(promises.length)} broken`;
}

/** A part as somebody hears it. */
export function heard({ name, wanted, got }: SplitPart, total: number): string {
  const missed = wanted === got ? "" : `, ${number(wanted)} wanted`;
  return `${name}: ${counted(got, "sample")}, ${percent(got / Math.max(total, 1))}${missed}. Show them`;
}

/** Every bar of a class as somebody hears it. */
export function spoken(parts: readonly SplitPart[], shares: readonly number[], whole: number): string {
  const each = parts.map(({ name }, i) => `${name} ${percent(shares[i] ?? 0)}`);
  return `${each.join(", ")}; of all ${percent(whole)}`;
}

/** What was compared. */
export const COMPARED: Record<string, string> = {
  content: "the same file",
  vector: "cosine",
  hash: "equal bits",
  "": "similarity",
};

/** How near is too near, and where that comes from. */
export function threshold({ asked, threshold: value, encoder }: SplitNearness): string {
  if (value === null) return "";
  const where = asked === "auto" ? "measured on these pictures" : "as was asked for";
  return `too near is a cosine of ${alike(value)}${encoder === null ? "" : ` (${encoder})`}, ${where}`;
}

/** The length of the longest bar of a column, as a share: bars of rare classes are to be seen. */
export function longest({ classes }: SplitBalance): number {
  return Math.max(0.01, ...classes.flatMap(({ shares, share }) => [...shares, share]));
}

/** From when to when: days, and minutes where both are of one day. */
export function between(first: string, last: string): string {
  const length = first.slice(0, 10) === last.slice(0, 10) ? 16 : 10;
  return [first, last].map((time) => time.replace("T", " ").slice(0, length)).join(" – ");
}
