import type { HuntState } from "../protocol";
import type { Card, Task, Verdict } from "./deck";

export const number = (value: number) => value.toLocaleString("en");

/** What an answer is called. */
export const SAID: Record<Verdict, string> = { yes: "Yes", no: "No", unsure: "Unsure" };

/** What the kernel says begins small and has no full stop, for it stands beside other things elsewhere. */
export const sentence = (line: string) =>
  line.charAt(0).toUpperCase() + line.slice(1).replaceAll(" %", "\u00a0%");

/** Why one looks at these samples; "" where one just hunts. */
export function reason(task: Task, state: HuntState): string {
  switch (task) {
    case "hunt":
      return "";
    case "audit":
      return "Blind: drawn at random, and the model says nothing";
    case "unsure":
      return `${number(state.unsure)} unsure: look once more`;
    case "again":
      return `Each yes once more: ${number(state.again)} left`;
  }
}

/** A card as somebody hears it. */
export function heard(card: Card, blind: boolean): string {
  const name = blind ? "Sample" : card.name;
  if (card.verdict === null) return `${name}, no answer yet`;
  const saved = { open: "", pending: ", not saved yet", saved: "", failed: ", could not be saved" }[
    card.sent
  ];
  return `${name}, ${SAID[card.verdict].toLowerCase()}${saved}`;
}

/** How many answers are still on their way. */
export function onTheirWay(pending: number, failed: number): string {
  if (failed > 0) return failed === 1 ? "1 answer is not saved" : `${number(failed)} answers are not saved`;
  if (pending === 0) return "";
  return pending === 1 ? "Saving 1 answer…" : `Saving ${number(pending)} answers…`;
}

/** Why there is nothing to look at, and how it stands then. */
export function nothingLeft(
  task: Task,
  state: HuntState,
  saving: boolean,
): { title: string; lines: readonly string[] } {
  if (saving) return { title: "Saving the last answers…", lines: [] };
  switch (task) {
    case "hunt":
      return {
        title: "Nothing is left to ask",
        lines: ["Each sample of this view has an answer, or looks the same as one that has."],
      };
    case "audit":
      return state.audit === null
        ? { title: "The audit is done", lines: state.estimate }
        : {
            title: "Others answer the rest of this audit",
            lines: ["What it says comes with the last answer."],
          };
    case "unsure":
      return { title: "No unsure ones are left", lines: [] };
    case "again":
      return { title: "Each yes was asked once more", lines: [] };
  }
}
