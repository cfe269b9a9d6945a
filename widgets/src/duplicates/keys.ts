import { writes } from "../app/keys";
import type { Store } from "../store/store";

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** What a key does among the groups; what means nothing here goes on to the widget. */
export function onDuplicatesKey(store: Store, event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey || writes(event.target)) return;
  if ((event.target as HTMLElement).closest("dialog, [role='menu']") !== null) return;
  const pressing = event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
  if (pressing || !keyed(store, event)) return;
  event.preventDefault();
  event.stopPropagation();
}

function keyed({ duplicates, shell, core }: Store, event: KeyboardEvent): boolean {
  const state = duplicates.state.peek();
  const writable = core.state.peek()?.writable ?? false;
  if (event.key === "Escape") {
    // What lies over the centre, and the page, are nearer.
    if (shell.over.peek() !== null || shell.full.peek() === "page") return false;
    shell.toSamples();
    return true;
  }
  if (state === null || state.groups === 0) return false;
  const step = STEPS[event.key];
  if (step !== undefined) {
    duplicates.step(step);
    return true;
  }
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1] ?? (/^[1-9]$/.test(event.key) ? event.key : undefined);
  if (digit !== undefined) {
    duplicates.keep(Number(digit) - 1);
    return true;
  }
  switch (event.key.toLowerCase()) {
    case "home":
      duplicates.look(0);
      return true;
    case "end":
      duplicates.look(state.groups - 1);
      return true;
    case "enter":
      if (event.repeat || !writable) return true;
      if (event.shiftKey) duplicates.asking.value = state.open > 0;
      else if (duplicates.at.peek() >= state.groups) duplicates.first();
      else duplicates.accept();
      return true;
    case "x":
      // A key that is held down is no verdict on what it has not shown.
      if (!event.repeat && writable) duplicates.refuse();
      return true;
    case "u":
      if (!event.repeat) void duplicates.undo();
      return true;
    default:
      return false;
  }
}
