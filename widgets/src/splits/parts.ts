import type { WantedPart } from "../protocol";

/** A part in the form: its share in percent, as it was typed. */
export interface Wanted {
  readonly key: number;
  readonly name: string;
  readonly percent: string;
}

export const FIRST: readonly Wanted[] = [
  { key: 0, name: "train", percent: "80" },
  { key: 1, name: "val", percent: "10" },
  { key: 2, name: "test", percent: "10" },
];

const SUGGESTED = ["train", "val", "test", "calibration", "holdout"];

/** What was typed as a share in percent; NaN where it is no number. */
export const typed = ({ percent }: Wanted) =>
  percent.trim() === "" ? Number.NaN : Number(percent.trim().replace(",", "."));

/** What is missing to a whole, in percent; below 0 where it is too much. */
export function rest(parts: readonly Wanted[]): number {
  const sum = parts.reduce((before, part) => before + (typed(part) || 0), 0);
  return Math.round((100 - sum) * 1e6) / 1e6;
}

/** Why these parts are no split; "" where they are. */
export function wrong(parts: readonly Wanted[]): string {
  const names = parts.map(({ name }) => name.trim());
  if (names.includes("")) return "Each part needs a name.";
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `There are two parts called “${twice}”.`;
  const bad = parts.find((part) => !(typed(part) >= 0 && typed(part) <= 100));
  if (bad !== undefined) return `The share of ${bad.name.trim()} is to be a number from 0 to 100.`;
  const left = rest(parts);
  if (left > 0) return `${left} % are in no part yet.`;
  return left < 0 ? `These are ${-left} % too much.` : "";
}

/** The parts as the kernel is asked for them. */
export function wanted(parts: readonly Wanted[]): WantedPart[] {
  return parts.map((part) => ({ name: part.name.trim(), share: typed(part) / 100 }));
}

/** One part more, with what the others leave. */
export function withAnother(parts: readonly Wanted[]): readonly Wanted[] {
  const key = Math.max(-1, ...parts.map((part) => part.key)) + 1;
  const names = parts.map(({ name }) => name.trim());
  const name = SUGGESTED.find((one) => !names.includes(one)) ?? `part ${parts.length + 1}`;
  return [...parts, { key, name, percent: String(Math.max(rest(parts), 0)) }];
}
