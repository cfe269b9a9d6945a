import type { Asked, Verdict } from "./deck";

export const number = (value: number) => value.toLocaleString("en");

export const counted = (count: number, one: string, many = `${one}s`) =>
  `${number(count)} ${count === 1 ? one : many}`;

const SAVED: Record<Asked["sent"], string> = {
  open: "",
  pending: ", not saved yet",
  saved: "",
  failed: ", could not be saved",
};

/** What is asked about, and its answer, as somebody hears it. */
export function heard(name: string, { verdict, sent }: Asked, said: Record<Verdict, string>): string {
  return verdict === null
    ? `${name}, no answer yet`
    : `${name}, ${said[verdict].toLowerCase()}${SAVED[sent]}`;
}

/** How many answers are still on their way. */
export function onTheirWay(pending: number, failed: number): string {
  if (failed > 0) return failed === 1 ? "1 answer is not saved" : `${number(failed)} answers are not saved`;
  return pending === 0 ? "" : `Saving ${counted(pending, "answer")}…`;
}
