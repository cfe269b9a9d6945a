import { useEffect, useRef, useState } from "preact/hooks";
import { inPixels } from "../grid/placement";
import { frameOf, type Size } from "../inspector/zoom";
import { useZoom } from "../inspector/zooming";
import { Mark } from "../review/Mark";
import { Why } from "../review/Why";
import type { Store } from "../store/store";
import type { Pair, Side } from "./deck";
import { heard, measured, SAID } from "./wording";

/** So long each of two pictures is seen while they take turns, in ms. */
const TURN_MS = 700;

/** The pair that is looked at: beside each other, in turns, or what differs. */
export function Comparison({ store }: { store: Store }) {
  const { pairs } = store;
  const pair = pairs.pair.value;
  const how = pairs.comparison.value;
  const ended = pair === null && pairs.ended.value;
  return (
    <>
      <div
        class="curate-pairs-stage curate-review-stage curate-review-place"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys, as an application does
        tabIndex={0}
        aria-label={`${pair === null ? (ended ? "No pair is left" : "The next pair is on its way") : heard(pair)}. y is the same, n different, u unsure`}
        aria-busy={pair === null && !ended}
        data-how={how}
      >
        {ended ? (
          <Ended store={store} />
        ) : pair === null ? (
          <span class="curate-skeleton curate-review-skeleton" />
        ) : how === "side" ? (
          <div class="curate-pairs-side">
            <Picture key={`left ${pair.key}`} store={store} side={pair.left} />
            <Picture key={`right ${pair.key}`} store={store} side={pair.right} />
          </div>
        ) : (
          <Over key={how} store={store} pair={pair} how={how} />
        )}
        {pair !== null && pair.verdict !== null && <Mark card={pair} said={SAID[pair.verdict]} />}
      </div>
      <p class="curate-pairs-names curate-quiet">
        <Name side={pair?.left} on={how === "blink" && !pairs.flipped.value} />
        <span class="curate-number">{pair === null ? "" : measured(pair)}</span>
        <Name side={pair?.right} on={how === "blink" && pairs.flipped.value} />
      </p>
    </>
  );
}

function Name({ side, on }: { side: Side | undefined; on: boolean }) {
  if (side === undefined) return <span />;
  const size = side.width > 0 ? `${side.width} × ${side.height}` : "";
  return (
    <span class="curate-pairs-name" data-on={on} title={side.name}>
      <bdi>{side.name}</bdi> <span class="curate-number">{size}</span>
    </span>
  );
}

function urlOf(store: Store, side: Side): { url: string; note: string } {
  const large = store.pairs.pictures.get(side.id);
  return { url: large?.url || side.url, note: large?.note ?? "" };
}

function Picture({ store, side }: { store: Store; side: Side }) {
  const { url, note } = urlOf(store, side);
  return (
    <div class="curate-pairs-picture">
      {url === "" ? (
        <Why note={note} />
      ) : (
        <img class="curate-review-picture" src={url} alt="" draggable={false} />
      )}
    </div>
  );
}

/** Both pictures in one place, zoomed together: in turns, or one subtracted from the other. */
function Over({ store, pair, how }: { store: Store; pair: Pair; how: "blink" | "difference" }) {
  const { pairs } = store;
  const stage = useRef<HTMLDivElement>(null);
  const [natural, setNatural] = useState<{ key: string; size: Size } | null>(null);
  const known = natural?.key === pair.key ? natural.size : pair.left;
  const size: Size = known.width > 0 ? { width: known.width, height: known.height } : { width: 4, height: 3 };
  const zooming = useZoom(stage, pair.key, size);
  const blinks = how === "blink" && pairs.blinking.value;

  useEffect(() => {
    if (!blinks || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined;
    const timer = setInterval(() => {
      pairs.flipped.value = !pairs.flipped.peek();
    }, TURN_MS);
    return () => clearInterval(timer);
  }, [blinks, pairs, pair.key]);

  const [left, right] = [urlOf(store, pair.left), urlOf(store, pair.right)];
  // Of the same picture at another size, each is drawn as large as the first.
  const frame = inPixels(frameOf(zooming.zoom, size));
  if (left.url === "" || right.url === "") {
    return <Why note={left.note || right.note || "One of these pictures cannot be shown."} />;
  }
  return (
    <div
      ref={stage}
      class="curate-pairs-over"
      role="group"
      aria-label={how === "blink" ? "One over the other" : "The difference"}
      data-how={how}
      data-whole={zooming.whole}
      {...zooming.hands}
    >
      <img
        key={`left ${pair.key}`}
        src={left.url}
        alt=""
        draggable={false}
        style={frame}
        onLoad={(event) => {
          if (pair.left.width > 0) return;
          const { naturalWidth: width, naturalHeight: height } = event.currentTarget;
          setNatural({ key: pair.key, size: { width, height } });
        }}
      />
      <img
        key={`right ${pair.key}`}
        class="curate-pairs-right"
        data-on={pairs.flipped.value}
        src={right.url}
        alt=""
        draggable={false}
        style={frame}
      />
    </div>
  );
}

/** No pair is left at this threshold: what came of it. */
function Ended({ store }: { store: Store }) {
  const { pairs } = store;
  const state = pairs.state.value;
  if (state === null) return null;
  return (
    <div class="curate-notice curate-notice-centre">
      <strong>
        {state.pairs === 0 ? "No pair is this alike" : "Every pair at this threshold has an answer"}
      </strong>
      <p class="curate-quiet">
        {state.pairs === 0
          ? "Slide the threshold down to see pairs that are less alike."
          : "Slide the threshold down to be asked about pairs that are less alike."}
      </p>
    </div>
  );
}
