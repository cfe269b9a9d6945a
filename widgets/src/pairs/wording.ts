import { thousandths } from "../duplicates/wording";
import type { PairReviewState } from "../protocol";
import type { Verdict } from "../review/deck";
import { counted, heard as said } from "../review/wording";
import type { Pair } from "./deck";

/** What an answer is called. */
export const SAID: Record<Verdict, string> = { yes: "The same", no: "Different", unsure: "Unsure" };

/** A share in percent, cut and not rounded: 100 % is kept for all of them. */
export const percent = (share: number) => `${Math.floor(share * 1000 + 1e-9) / 10}\u00a0%`;

/** How much alike two samples are, as it was measured. */
export function measured({ similarity, cosine, distance, exact }: Pair): string {
  if (exact) return "the same bytes";
  const parts = [
    similarity === null ? "" : `similarity ${thousandths(similarity)}`,
    cosine === null ? "" : `cosine ${thousandths(cosine)}`,
    distance === null ? "" : `hash ${distance} of 64 bits apart`,
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** A pair as somebody hears it. */
export const heard = (pair: Pair) => said(`${pair.left.name} and ${pair.right.name}`, pair, SAID);

/** What the precision stands on. */
export function standsOn({ yes, no, precision_low: low, precision_high: high }: PairReviewState): string {
  const answers = counted(yes + no, "answer");
  if (low === null || high === null) return `from ${answers}`;
  return `95\u00a0% sure: ${percent(low)} to ${percent(high)}, from ${answers}`;
}

/** What there is at a threshold. */
export function found({ pairs, groups, redundant }: PairReviewState): string {
  return `${counted(pairs, "pair")} in ${counted(groups, "group")}; ${counted(redundant, "sample")} could go`;
}
