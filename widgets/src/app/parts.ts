/** The parts of a widget, in the order in which F6 goes through them. */
const PARTS = [
  ".curate-search-input",
  ".curate-facets",
  "[role='application']",
  ".curate-grid",
  ".curate-duplicates-stage",
  ".curate-splits",
  ".curate-side-inspector",
  ".curate-bottom",
];
const FOCUSABLE = "button:not(:disabled), input, [tabindex='0']";

/**
 * The element of the next part that takes the focus; null where there is no other. With Tab alone it would be a long way
 * from the search through all facets to the grid.
 *
 * @param step 1 for the next, -1 for the one before.
 */
export function nextPart(root: HTMLElement, focused: Element | null, step: 1 | -1): HTMLElement | null {
  const parts = PARTS.flatMap((selector) => root.querySelector<HTMLElement>(selector) ?? []);
  const targets = parts.flatMap((part) => {
    const target = part.matches(FOCUSABLE) ? part : part.querySelector<HTMLElement>(FOCUSABLE);
    return target === null ? [] : [{ part, target }];
  });
  const at = targets.findIndex(({ part }) => part.contains(focused));
  const next = at < 0 && step < 0 ? targets.length - 1 : (at + step + targets.length) % targets.length;
  return targets[next]?.target ?? null;
}
