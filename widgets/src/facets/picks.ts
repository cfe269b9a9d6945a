import type { Card, Interval, Values } from "../protocol";

export type Filter = Values | Interval | null;
export type Value = Values["values"][number];

/** How a value was picked: with the others, alone, or everything but it. */
export type Pick = "toggle" | "only" | "except";

/** So many values fit into one filter. */
export const MOST = 1000;

/** The values that a filter keeps; null among them is "no value". */
export function pickedValues(filter: Filter): readonly Value[] {
  return filter?.type === "values" ? filter.values : [];
}

export function isPicked(filter: Filter, value: Value): boolean {
  return pickedValues(filter).includes(value);
}

/** The filter of a card after a value was picked; null keeps everything. */
export function picked(card: Card, filter: Filter, value: Value, how: Pick): Filter {
  const before = pickedValues(filter);
  if (how === "only") return before.length === 1 && before[0] === value ? null : valuesOf([value]);
  if (how === "except" && canExcept(card)) {
    const all: Value[] = card.values.map((line) => line.value);
    if (card.missing_all > 0) all.push(null);
    return valuesOf(all.filter((other) => other !== value));
  }
  if (before.includes(value)) return valuesOf(before.filter((other) => other !== value));
  return before.length < MOST ? valuesOf([...before, value]) : filter;
}

/** Whether "everything but this" can be said: all values are known, and a sample has only one. */
export function canExcept(card: Card): boolean {
  const alone = card.kind === "category" || card.kind === "boolean";
  return alone && card.more === 0 && card.values.length > 1 && card.values.length < MOST;
}

function valuesOf(values: Value[]): Filter {
  return values.length === 0 ? null : { type: "values", values };
}

/** Two filters that keep the same. */
export function sameFilter(left: Filter, right: Filter): boolean {
  if (left === null || right === null) return left === right;
  if (left.type === "interval") {
    return right.type === "interval" && left.low === right.low && left.high === right.high;
  }
  if (right.type === "interval") return false;
  return left.values.length === right.values.length && left.values.every((v) => right.values.includes(v));
}
