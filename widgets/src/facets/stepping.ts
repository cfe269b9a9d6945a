import type { TargetedKeyboardEvent } from "preact";

/** One stop of Tab for a whole list of buttons: the arrows, Home and End go on from there. */
export function stepThrough(event: TargetedKeyboardEvent<HTMLUListElement>): void {
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  buttons[Math.min(Math.max(to, 0), buttons.length - 1)]?.focus();
}
