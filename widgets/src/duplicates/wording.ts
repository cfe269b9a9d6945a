import type { DuplicatesState } from "../protocol";
import { counted, number } from "../review/wording";
import type { Group } from "./groups";

const KINDS: Record<Group["kind"], string> = {
  exact: "The same file",
  near: "Near duplicates",
  sequence: "One sequence",
};

/** What is said over a group. */
export function headline({ kind, count, span }: Group): string {
  const said = `${KINDS[kind]}: ${counted(count, kind === "sequence" ? "frame" : "sample")}`;
  return span === "" ? said : `${said}, ${span}`;
}

/** How much alike the members are. */
export function alike({ kind, similarity }: Group): string {
  return kind === "exact" || similarity === null ? "" : `at least ${thousandths(similarity)} alike`;
}

/** How much alike, cut and not rounded: 1.000 is kept for what is the same. */
export const thousandths = (value: number) => (Math.floor(value * 1000 + 1e-9) / 1000).toFixed(3);

/** A group as somebody hears it, with the keys. */
export function announced(group: Group, at: number, count: number): string {
  const state = { open: "no verdict yet", accepted: "accepted", distinct: "not duplicates" }[group.state];
  return `Group ${at + 1} of ${count}. ${headline(group)}. ${state}. Enter accepts, digits choose another to keep, x says that they are no duplicates`;
}

/** What was found, in one line. */
export function found({ exact, near, sequences }: DuplicatesState): string {
  const parts = [
    exact > 0 ? `${number(exact)} of the same file` : "",
    near > 0 ? `${number(near)} near` : "",
    sequences > 0 ? counted(sequences, "sequence") : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}
