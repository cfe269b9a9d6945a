import type { SplitState } from "../protocol";
import { counted, number } from "../review/wording";
import type { Store } from "../store/store";
import { joinsOf } from "./pairs";
import { alike } from "./wording";

/** The largest groups that near-duplicates made, and the pairs that made them so large. */
export function Groups({ store, state: { largest, group_by } }: { store: Store; state: SplitState }) {
  if (largest.length === 0) return null;
  const one = group_by.length === 1 ? group_by[0] : undefined;
  return (
    <section aria-label="The largest groups">
      <h3>
        What holds together{" "}
        <span class="curate-quiet">the largest groups, and the pairs that joined them</span>
      </h3>
      <ul class="curate-splits-groups">
        {largest.map((group, i) => {
          const joins = joinsOf(group);
          return (
            <li key={i}>
              <span class="curate-number">
                <b>{number(group.samples)}</b>{" "}
                <span class="curate-quiet">
                  samples of {one === undefined ? counted(group.groups, "group") : counted(group.groups, one)}
                </span>
              </span>
              {joins.map((join, at) => (
                <button
                  key={at}
                  type="button"
                  class="curate-button"
                  title="Look at the pair that joined them"
                  onClick={() => store.splits.look(joins, at)}
                >
                  <bdi>{join.left.where || "a sample"}</bdi>+<bdi>{join.right.where || "a sample"}</bdi>
                  <span class="curate-quiet curate-number">{alike(join.similarity)}</span>
                </button>
              ))}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
