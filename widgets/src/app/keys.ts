import type { Store } from "../store/store";

/** Keys that mean the same wherever the focus is. What is nearer (a field, the grid, a dialog) has stopped its own. */
export function onKey(store: Store, event: KeyboardEvent): void {
  const { core, shell, search } = store;
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (event.altKey) return;
  if (control && !writes(event.target)) {
    if (key === "z" && event.shiftKey) void core.redo();
    else if (key === "z") void core.undo();
    else if (key === "y") void core.redo();
    else return;
  } else if (control) {
    return;
  } else if (key === "escape") {
    // The innermost thing that is open.
    if (shell.putAway()) shell.focus();
    else if (shell.full.peek() === "page") shell.leave();
    else return;
  } else if (writes(event.target)) {
    return;
  } else if (key === "/" && core.part !== "map" && core.part !== "facets") {
    search.focus();
  } else if (key === "?") {
    shell.help.value = true;
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

/** Whether what is typed there is text, so that letters, and undo, are its own. */
export function writes(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  // The empty search field leaves undo to the query.
  return (
    target instanceof HTMLInputElement &&
    /^(text|search|number|email|url)$/.test(target.type) &&
    target.name !== "search"
  );
}
