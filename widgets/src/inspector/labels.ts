import type { LabelLine } from "../protocol";

/** Labels that say the same about the same: three cars of one model are one line. */
export interface LabelGroup {
  field: string;
  value: string;
  source: string;
  sourceKind: string;
  count: number;
  /** The lowest and the highest score, where there are any. */
  scores: [number, number] | null;
  time: string;
}

/** Labels by field, value and source, in the order in which they first came. */
export function grouped(labels: readonly LabelLine[]): LabelGroup[] {
  const groups = new Map<string, LabelGroup>();
  for (const { field, value, source, source_kind: sourceKind, score, time } of labels) {
    const key = JSON.stringify([field, value, source, sourceKind]);
    const known = groups.get(key);
    if (known === undefined) {
      const scores: [number, number] | null = score === null ? null : [score, score];
      groups.set(key, { field, value, source, sourceKind, count: 1, scores, time });
      continue;
    }
    known.count++;
    if (time > known.time) known.time = time;
    if (score !== null) {
      const [low, high] = known.scores ?? [score, score];
      known.scores = [Math.min(low, score), Math.max(high, score)];
    }
  }
  return [...groups.values()];
}

/** Scores with two digits: one, or from the lowest to the highest. */
export function scoreText(scores: [number, number] | null): string {
  if (scores === null) return "";
  const [low, high] = scores.map((score) => score.toFixed(2));
  return low === high ? `${low}` : `${low}–${high}`;
}
