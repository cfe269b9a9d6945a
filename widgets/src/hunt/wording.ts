import type { HuntState } from "../protocol";
import type { Verdict } from "../review/deck";
import { number, heard as said } from "../review/wording";
import type { Card, Task } from "./deck";

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
export const heard = (card: Card, blind: boolean) => said(blind ? "Sample" : card.name, card, SAID);

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
