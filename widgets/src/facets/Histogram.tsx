import type { TargetedKeyboardEvent, TargetedPointerEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Bins } from "../protocol";
import type { Store } from "../store/store";
import { barsPath } from "./bars";
import {
  between,
  binAt,
  gripAt,
  type Handle,
  intervalOf,
  moved,
  pressed,
  resized,
  type Stretch,
  stretchOf,
} from "./brush";
import { isPicked } from "./picks";
import type { CardState } from "./slice";
import { NoValue } from "./ValueList";
import { edgeText, stepOf } from "./wording";

const HEIGHT = 48;
/** A key press is taken over when no other has followed for so long, in ms. */
const KEYS_MS = 300;
/** The pointer has not been dragged until it has gone so far, in pixels. */
const CLICK = 3;

interface Drag {
  grip: Handle | "move" | "new";
  x: number;
  bin: number;
  before: Stretch | null;
  far: boolean;
}

/** Numbers or times, grey for the dataset and in colour for the view, and a brush over them. */
export function Histogram({ store, state, bins }: { store: Store; state: CardState; bins: Bins }) {
  const { facets } = store;
  const card = state.card.value;
  const filter = state.filter.value;
  const count = bins.all.length;
  const step = stepOf(bins.edges);
  const plot = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  const keys = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [hovered, setHovered] = useState<number | null>(null);
  const kept = filter?.type === "interval" ? stretchOf(filter, bins.edges) : null;
  const draft = state.draft.value;
  const shown = draft ?? kept;
  const highest = Math.max(1, ...bins.all);
  // About one pixel between two bars.
  const gap = Math.min(count / 220, 0.35);

  useEffect(
    () => () => {
      clearTimeout(keys.current);
      state.draft.value = null;
    },
    [state],
  );

  const commit = (stretch: Stretch | null) => {
    clearTimeout(keys.current);
    state.draft.value = null;
    void facets.filter(state, stretch === null ? null : intervalOf(stretch, bins.edges));
  };

  const at = (event: PointerEvent): { x: number; width: number } => {
    const box = plot.current?.getBoundingClientRect();
    return box === undefined ? { x: 0, width: 1 } : { x: event.clientX - box.left, width: box.width };
  };

  const onDown = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    const { x, width } = at(event);
    const grip = gripAt(x, width, kept, count);
    drag.current = { grip, x, bin: binAt(x, width, count), before: kept, far: false };
    event.currentTarget.setPointerCapture(event.pointerId);
  };

  const onMove = (event: TargetedPointerEvent<HTMLDivElement>) => {
    const { x, width } = at(event);
    const now = drag.current;
    if (now === null) {
      setHovered(binAt(x, width, count));
      event.currentTarget.dataset.grip = gripAt(x, width, kept, count);
      return;
    }
    if (!now.far && Math.abs(x - now.x) < CLICK) return;
    now.far = true;
    const edge = Math.round((x / width) * count);
    if (now.grip === "new" || now.before === null) {
      state.draft.value = between(now.bin, binAt(x, width, count));
    } else if (now.grip === "move") {
      state.draft.value = moved(now.before, Math.round(((x - now.x) / width) * count), count);
    } else {
      state.draft.value = resized(now.before, now.grip, edge, count);
    }
    setHovered(null);
  };

  const onUp = () => {
    const now = drag.current;
    drag.current = null;
    if (now === null) return;
    const stretch = state.draft.peek();
    if (now.far) return stretch === null ? undefined : commit(stretch);
    // A click takes one bin; on the only one that is kept, it gives the others back.
    const one = { from: now.bin, to: now.bin + 1 };
    const same = now.before !== null && now.before.from === one.from && now.before.to === one.to;
    commit(same ? null : one);
    return undefined;
  };

  const onCancel = () => {
    drag.current = null;
    state.draft.value = null;
  };

  const onKey = (event: TargetedKeyboardEvent<HTMLDivElement>, handle: Handle) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && draft !== null) {
      clearTimeout(keys.current);
      onCancel();
    } else if ((event.key === "Delete" || event.key === "Backspace") && shown !== null) {
      commit(null);
    } else if (event.key === "Enter" && draft !== null) {
      commit(draft);
    } else {
      const next = pressed(event.key, shown ?? { from: 0, to: count }, handle, count);
      if (next === null) return;
      state.draft.value = next;
      clearTimeout(keys.current);
      keys.current = setTimeout(() => commit(next), KEYS_MS);
    }
    event.preventDefault();
    event.stopPropagation();
  };

  const edge = (place: number) => edgeText(valueAt(place, bins.edges), card.kind, step);
  // Of whole numbers a bin is named by the last one that it holds.
  const end = (place: number) =>
    bins.whole ? edgeText(Math.ceil(valueAt(place, bins.edges)) - 1, card.kind, step) : edge(place);
  const handle = (which: Handle, name: string) => {
    const place = shown?.[which] ?? (which === "from" ? 0 : count);
    return (
      <div
        class="curate-brush-handle"
        data-handle={which}
        style={{ left: `${(place / count) * 100}%` }}
        role="slider"
        tabIndex={0}
        aria-label={`${card.title}, ${name}`}
        aria-valuemin={0}
        aria-valuemax={count}
        aria-valuenow={Math.round(place)}
        aria-valuetext={which === "to" ? end(place) : edge(place)}
        aria-orientation="horizontal"
        onKeyDown={(event) => onKey(event, which)}
        onBlur={() => {
          if (drag.current === null && draft !== null) commit(draft);
        }}
      />
    );
  };

  return (
    <>
      <div
        ref={plot}
        class="curate-plot"
        data-brushed={shown !== null || undefined}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={onCancel}
        onPointerLeave={() => setHovered(null)}
      >
        {shown !== null && <div class="curate-brush" style={insets(shown, count)} />}
        <svg
          viewBox={`0 0 ${count} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${card.title}: bars from ${edge(0)} to ${end(count)}`}
        >
          <path class="curate-plot-all" d={barsPath(bins.all, highest, HEIGHT, facets.scale.value, gap)} />
          <path class="curate-plot-view" d={barsPath(bins.view, highest, HEIGHT, facets.scale.value, gap)} />
        </svg>
        {shown !== null && (
          <>
            <i class="curate-veil" style={{ left: 0, right: `${100 - (shown.from / count) * 100}%` }} />
            <i class="curate-veil" style={{ left: `${(shown.to / count) * 100}%`, right: 0 }} />
          </>
        )}
        {handle("from", "from")}
        {handle("to", "up to")}
      </div>
      <Axis bins={bins} hovered={hovered} draft={draft} edge={edge} end={end} />
      {(card.missing_all > 0 || isPicked(filter, null)) && (
        <div class="curate-values">
          <NoValue
            card={card}
            on={isPicked(filter, null)}
            whole={facets.whole.value}
            stop
            pick={() =>
              void facets.filter(state, isPicked(filter, null) ? null : { type: "values", values: [null] })
            }
          />
        </div>
      )}
    </>
  );
}

interface AxisProps {
  bins: Bins;
  hovered: number | null;
  draft: Stretch | null;
  edge: (place: number) => string;
  end: (place: number) => string;
}

/** The ends of the histogram; of the bin under the pointer, or of what is being brushed, the count. */
function Axis({ bins, hovered, draft, edge, end }: AxisProps) {
  const stretch = draft ?? (hovered === null ? null : { from: hovered, to: hovered + 1 });
  if (stretch === null || stretch.to > bins.all.length) {
    return (
      <div class="curate-axis curate-number">
        <span>{edge(0)}</span>
        <span>{end(bins.all.length)}</span>
      </div>
    );
  }
  const sum = (counts: readonly number[]) =>
    counts.slice(Math.round(stretch.from), Math.round(stretch.to)).reduce((total, n) => total + n, 0);
  const [first, last] = [edge(stretch.from), end(stretch.to)];
  return (
    <div class="curate-axis curate-number">
      <span>{first === last ? first : `${first} – ${last}`}</span>
      <span>
        <span class="curate-axis-count">{sum(bins.view).toLocaleString("en")}</span>/
        {sum(bins.all).toLocaleString("en")}
      </span>
    </div>
  );
}

function insets({ from, to }: Stretch, count: number): { left: string; right: string } {
  return { left: `${(from / count) * 100}%`, right: `${100 - (to / count) * 100}%` };
}

/** The value at a place of the histogram, also between two edges. */
function valueAt(place: number, edges: readonly number[]): number {
  const bin = Math.min(Math.floor(place), edges.length - 2);
  const [left, right] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
  return left + (place - bin) * (right - left);
}
