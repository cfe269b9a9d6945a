import { useEffect, useRef, useState } from "preact/hooks";
import { useSize } from "../inspector/measure";
import type { Store } from "../store/store";
import { inWindow } from "./arrangement";
import { Mark } from "./Mark";

/** Height of one item in CSS pixels, as in duplicates.css. */
const ITEM = 60;

/** Every group by the sample that stays, beside the one that is looked at. */
export function Rail({ store, count }: { store: Store; count: number }) {
  const { duplicates } = store;
  const box = useRef<HTMLDivElement>(null);
  const { height } = useSize(box);
  const [top, setTop] = useState(0);
  const at = duplicates.at.value;
  const [first, last] = inWindow(top, height, ITEM, count);

  useEffect(() => duplicates.see(first, last), [duplicates, first, last]);
  // What is looked at stays in sight.
  useEffect(() => {
    const element = box.current;
    if (element === null || at >= count) return;
    if (at * ITEM < element.scrollTop) element.scrollTop = at * ITEM;
    const below = (at + 1) * ITEM - element.clientHeight;
    if (below > element.scrollTop) element.scrollTop = below;
  }, [at, count, height]);

  return (
    <div
      ref={box}
      class="curate-duplicates-rail"
      role="group"
      aria-label="All groups"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div class="curate-duplicates-long" style={{ height: `${count * ITEM}px` }}>
        {Array.from({ length: last - first }, (_, i) => (
          <Item key={first + i} store={store} place={first + i} />
        ))}
      </div>
    </div>
  );
}

function Item({ store, place }: { store: Store; place: number }) {
  const { duplicates } = store;
  const group = duplicates.groups.value.get(place);
  const kept = group === undefined ? "" : duplicates.kept(group);
  const url = group?.members.find(({ id }) => id === kept)?.url ?? group?.members[0]?.url ?? "";
  const state = { open: "", accepted: ", accepted", distinct: ", not duplicates" }[group?.state ?? "open"];
  return (
    <button
      type="button"
      class="curate-duplicates-item"
      style={{ top: `${place * ITEM}px` }}
      aria-current={place === duplicates.at.value}
      data-state={group?.state}
      tabIndex={-1}
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => duplicates.look(place)}
    >
      <span class="curate-duplicates-thumb">
        {url !== "" && <img src={url} alt="" draggable={false} />}
        {group !== undefined && <Mark state={group.state} />}
      </span>
      <span class="curate-unseen">{`Group ${place + 1}${state}`}</span>
      <span class="curate-number curate-quiet">{group === undefined ? "" : `+${group.count - 1}`}</span>
    </button>
  );
}
