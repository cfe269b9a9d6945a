import { covers } from "../selection/ranges";
import { READ_ONLY } from "../selection/slice";
import type { Store } from "../store/store";
import { type Layout, moved, rowsOf, sectionOf } from "./arithmetic";

const MOVES = new Set([
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
  "PageUp",
  "PageDown",
]);

/** What a key does while the grid has the focus; a key that does nothing here goes on to whoever is around the grid. */
export function keyed(event: KeyboardEvent, store: Store, grid: Layout, viewport: number): void {
  // A button or a menu inside of the grid has its own keys.
  if (event.target !== event.currentTarget) return;
  if (!act(event, store, grid, viewport)) return;
  event.preventDefault();
  event.stopPropagation();
}

/** The panel shows the sample that somebody has come to. */
export function follow({ core, grid, shell, inspector }: Store, row: number): void {
  const tile = grid.tile(row);
  if (tile !== undefined && core.part === "explorer" && shell.isOpen("inspector")) {
    inspector.open(tile.sample_id, { row });
  }
}

function act(event: KeyboardEvent, store: Store, grid: Layout, viewport: number): boolean {
  const { core, grid: slice, selection, inspector, shell } = store;
  const { key } = event;
  const control = event.ctrlKey || event.metaKey;
  const row = slice.active.peek();
  const tile = slice.tile(row);
  if (key === "a" && control) {
    selection.selectAll();
    return true;
  }
  if (control || event.altKey) return false;
  if (MOVES.has(key)) {
    const to = moved(grid, row, key, viewport);
    if (event.shiftKey) selection.pick(to, { extend: true });
    else selection.goTo(to);
    slice.reveal(to);
    follow(store, to);
    return true;
  }
  switch (key) {
    case " ":
      if (tile !== undefined) selection.pick(row, { toggle: true, extend: event.shiftKey });
      return true;
    case "Enter":
      if (tile !== undefined) inspector.open(tile.sample_id, { row, large: true });
      return true;
    case "i":
      if (core.part === "explorer" && shell.isOpen("inspector")) shell.toggle("inspector");
      else if (tile !== undefined) inspector.open(tile.sample_id, { row });
      return true;
    case "s":
      if (tile !== undefined) slice.nearest(tile);
      return true;
    case "a":
      if (grid.header > 0) {
        const group = rowsOf(grid, sectionOf(grid, row));
        selection.change(covers(selection.ranges.peek(), ...group) ? "remove" : "add", ...group);
      }
      return true;
    case "e":
      selection.narrow(false);
      return true;
    case "o":
      selection.narrow(true);
      return true;
    case "t":
      if (core.state.peek()?.writable === false) {
        core.say(READ_ONLY);
        return true;
      }
      selection.pickActive();
      selection.open("tag", event.currentTarget instanceof HTMLElement ? event.currentTarget : null);
      return true;
    case "b":
      slice.toggleShapes();
      return true;
    case "Escape":
      if (selection.selected.peek() === 0) return false;
      selection.clear();
      return true;
    case "+":
    case "=":
      slice.resize(slice.size.peek() * 1.2);
      return true;
    case "-":
      slice.resize(slice.size.peek() / 1.2);
      return true;
    default:
      return false;
  }
}
