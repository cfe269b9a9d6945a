import type { RowInfo, SplitGroup, SplitState } from "../protocol";
import { thumbnails } from "../review/deck";

export interface Side {
  readonly id: string;
  readonly name: string;
  /** A blob URL of the thumbnail, or "" where there is none. */
  readonly url: string;
  /** The part, or the group, that it is in. */
  readonly where: string;
}

/** Two samples that can be looked at closely. */
export interface Looked {
  readonly left: Side;
  readonly right: Side;
  readonly similarity: number;
  /** What was compared: "content", "vector" or "hash". */
  readonly by: string;
}

/** The closest pairs of a split, the earlier part on the left; their thumbnails lie one after the other in the buffer. */
export function pairsOf({ nearness, parts }: SplitState, buffer: Uint8Array<ArrayBuffer>): readonly Looked[] {
  const cut = thumbnails(buffer);
  const side = (tile: RowInfo, where: string): Side => ({
    id: tile.sample_id,
    name: tile.name,
    url: cut(tile),
    where,
  });
  const place = new Map(parts.map(({ name }, i) => [name, i]));
  return (nearness?.closest ?? []).map(({ left, right, left_part, right_part, similarity, by }) => {
    const [one, other] = [side(left, left_part), side(right, right_part)];
    const turned = (place.get(right_part) ?? 0) < (place.get(left_part) ?? 0);
    return { left: turned ? other : one, right: turned ? one : other, similarity, by };
  });
}

/** The pairs that made a group large. */
export function joinsOf({ joins }: SplitGroup): readonly Looked[] {
  return joins.map(({ left, right, left_group, right_group, similarity }) => ({
    left: { id: left, name: "", url: "", where: left_group },
    right: { id: right, name: "", url: "", where: right_group },
    similarity,
    by: "",
  }));
}
