import { onHuntKey } from "../hunt/keys";
import { onPairKey } from "../pairs/keys";
import type { Store } from "../store/store";

/** Keys that mean the same wherever the focus is. What is nearer (a field, the grid, a dialog) has stopped its own. */
export function onKey(store: Store, event: KeyboardEvent): void {
  if (act(store, event)) event.preventDefault();
  if (isOurs(event)) event.stopPropagation();
}

/**
 * Whether a key is kept from the notebook around the widget: there "dd" deletes the cell, and Ctrl+X cuts it. JupyterLab's
 * attribute `data-lm-suppress-shortcuts` does not keep it from shortcuts whose selector is the focused element itself.
 * Saving the notebook, and its palette, stay with the notebook.
 */
export function isOurs(event: KeyboardEvent): boolean {
  if (event.altKey || (event.key !== "F6" && /^F\d+$/.test(event.key))) return false;
  if (!event.ctrlKey && !event.metaKey) return true;
  return /^([acvxyz]|Enter|Arrow.*)$/i.test(event.key);
}

/** Whether the key means something here. */
function act(store: Store, event: KeyboardEvent): boolean {
  const { core, shell, search } = store;
  if (core.part === "hunt") return onHuntKey(store, event);
  if (core.part === "pairs") return onPairKey(store, event);
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (event.altKey) return false;
  if (control && !writes(event.target)) {
    if (key === "z" && event.shiftKey) void core.redo();
    else if (key === "z") void core.undo();
    else if (key === "y") void core.redo();
    else return false;
  } else if (control) {
    return false;
  } else if (key === "f6") {
    return shell.goToPart(event.shiftKey ? -1 : 1);
  } else if (key === "escape") {
    // The innermost thing that is open.
    if (shell.putAway()) return true;
    if (shell.full.peek() !== "page") return false;
    shell.leave();
  } else if (writes(event.target)) {
    return false;
  } else if (key === "/" && core.part !== "map" && core.part !== "facets") {
    search.focus();
  } else if (key === "?") {
    shell.help.value = true;
  } else {
    return false;
  }
  return true;
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
