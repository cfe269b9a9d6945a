import type { Card, FacetValue } from "../protocol";

/** What names a card. */
export function keyOf(card: Pick<Card, "kind" | "column">): string {
  return `${card.kind} ${card.column}`;
}

/**
 * The order of the cards. The kernel gives the one that is wanted: what differs most between view and dataset first.
 *
 * A card that filters keeps the place it has, since somebody is at work there, and the others go around it. While the pointer
 * or the focus is in the panel (`still`) nothing moves at all, and what is new comes last.
 */
export function arranged(
  before: readonly string[],
  wanted: readonly string[],
  filters: ReadonlySet<string>,
  still: boolean,
): string[] {
  const there = new Set(wanted);
  const kept = before.filter((key) => there.has(key));
  if (kept.length === 0) return [...wanted];
  const known = new Set(kept);
  if (still) return [...kept, ...wanted.filter((key) => !known.has(key))];
  const placed = new Map<number, string>();
  kept.forEach((key, place) => {
    if (filters.has(key)) placed.set(place, key);
  });
  const fixed = new Set(placed.values());
  const others = wanted.filter((key) => !fixed.has(key));
  const order: string[] = [];
  while (others.length > 0 || placed.size > 0) {
    const place = order.length;
    const pinned = placed.get(place);
    if (pinned !== undefined) placed.delete(place);
    // Where cards have gone, a place may lie behind the last one.
    const next = pinned ?? others.shift() ?? [...placed.values()][0];
    if (next === undefined) break;
    if (pinned === undefined) for (const [at, key] of placed) if (key === next) placed.delete(at);
    order.push(next);
  }
  return order;
}

export const ORDERS = ["all", "view", "name"] as const;
export type ValueOrder = (typeof ORDERS)[number];

/** Long lists begin with what is in the view: the most frequent of the dataset may all be absent from it. */
export function usualOrder(card: Card): ValueOrder {
  return card.more > 0 ? "view" : "all";
}

/**
 * The lines of a card in an order. With `before`, lines that were there stay where they are: nothing moves under the pointer.
 */
export function ordered(
  values: readonly FacetValue[],
  order: ValueOrder,
  before: readonly FacetValue["value"][] | null = null,
): FacetValue[] {
  const lines = [...values];
  if (order === "view") lines.sort((a, b) => b.view - a.view || b.all - a.all);
  else if (order === "name") lines.sort((a, b) => a.text.localeCompare(b.text, "en", { numeric: true }));
  if (before === null) return lines;
  const left = new Map(lines.map((line) => [line.value, line]));
  const kept: FacetValue[] = [];
  for (const value of before) {
    const line = left.get(value);
    if (line !== undefined) kept.push(line);
    left.delete(value);
  }
  return [...kept, ...left.values()];
}

/** Lines of a list that are shown before it is opened. */
export const FIRST = 8;

/** The first lines, and behind them those that are picked. */
export function firstLines(
  lines: readonly FacetValue[],
  isPicked: (line: FacetValue) => boolean,
): FacetValue[] {
  // One more line takes no more room than the button that would open it.
  if (lines.length <= FIRST + 1) return [...lines];
  return [...lines.slice(0, FIRST), ...lines.slice(FIRST).filter(isPicked)];
}

/** Cards over columns, each where there is most room left; the order reads from left to right, then down. */
export function columnsOf<T>(items: readonly T[], heightOf: (item: T) => number, count: number): T[][] {
  const columns: T[][] = Array.from({ length: Math.max(count, 1) }, () => []);
  const filled = columns.map(() => 0);
  for (const item of items) {
    const at = filled.indexOf(Math.min(...filled));
    columns[at]?.push(item);
    filled[at] = (filled[at] ?? 0) + heightOf(item);
  }
  return columns;
}
