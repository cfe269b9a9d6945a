import { useLayoutEffect, useRef } from "preact/hooks";
import { Review } from "../review/Review";
import type { Store } from "../store/store";
import { Answers } from "./Answers";
import { Ended } from "./Ended";
import { LargePicture } from "./LargePicture";
import { Lost } from "./Lost";
import { Nine } from "./Nine";
import { One } from "./One";
import { Panel } from "./Panel";
import { TaskBar } from "./TaskBar";
import { Top } from "./Top";
import "./deck.css";
import "./hunt.css";

/** A hunt: what is looked at, the answers, and how it stands. */
export function Hunt({ store }: { store: Store }) {
  const { hunt } = store;
  const state = hunt.state.value;
  const nothing = hunt.ended.value && hunt.card.value === null;
  const shape = nothing ? "ended" : hunt.paged.value ? "nine" : "one";
  return (
    <Review
      store={store}
      review={hunt}
      top={<Top store={store} />}
      still={<Lost store={store} />}
      refused="This hunt cannot be shown"
      label="Samples to answer"
      beside={
        <>
          <Panel store={store} />
          <LargePicture store={store} />
        </>
      }
      heard={state === null ? "" : `${state.found} found, ${state.answered} answered`}
    >
      <TaskBar store={store} />
      <Place key={shape} shape={shape} store={store} />
      <Answers store={store} />
    </Review>
  );
}

/** What takes the keys. Where it takes the place of another one that had the focus, it has the focus. */
function Place({ shape, store }: { shape: "ended" | "nine" | "one"; store: Store }) {
  const { hunt } = store;
  const here = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const place = here.current?.querySelector<HTMLElement>(".curate-review-place");
    if (hunt.keyed) place?.focus({ preventScroll: true });
  }, [hunt]);
  return (
    <div
      ref={here}
      class="curate-hunt-shape"
      onFocusIn={() => {
        hunt.keyed = true;
      }}
      onFocusOut={(event) => {
        // What is taken away loses the focus to nothing.
        if (event.relatedTarget !== null) hunt.keyed = false;
      }}
    >
      {shape === "ended" ? (
        <Ended store={store} />
      ) : shape === "nine" ? (
        <Nine store={store} />
      ) : (
        <One store={store} />
      )}
    </div>
  );
}
