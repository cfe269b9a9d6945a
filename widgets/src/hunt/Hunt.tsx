import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { FailureNotice } from "../notice/Notice";
import { waitingFor } from "../notice/words";
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
  const { core, hunt } = store;
  const lost = core.rpc.connection.value === "lost";
  const body = useRef<HTMLDivElement>(null);

  // Nobody asks what others answered while nobody looks.
  useEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    let inSight = false;
    const look = () => hunt.sight(inSight && document.visibilityState === "visible");
    const observer = new IntersectionObserver((entries) => {
      inSight = entries.at(-1)?.isIntersecting ?? false;
      look();
    });
    observer.observe(element);
    document.addEventListener("visibilitychange", look);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
  }, [hunt]);

  return (
    <>
      <Top store={store} lost={lost} />
      <div
        ref={body}
        class="curate-body curate-hunt"
        onPointerDown={(event) => {
          const target = event.target as HTMLElement;
          if (target.closest("button, input, [tabindex='0']") !== null) return;
          event.preventDefault();
          body.current?.querySelector<HTMLElement>(".curate-hunt-place")?.focus({ preventScroll: true });
        }}
      >
        <Content store={store} lost={lost} />
      </div>
    </>
  );
}

function Content({ store, lost }: { store: Store; lost: boolean }) {
  const { hunt, core } = store;
  const state = hunt.state.value;
  const failure = hunt.failure.value ?? core.failure.value;
  if (lost || (state === null && core.rpc.connection.value !== "fine" && core.still() !== "")) {
    return <Lost store={store} />;
  }
  if (failure !== null && state === null) {
    return (
      <FailureNotice
        failure={failure}
        retry={() => {
          void core.hello();
          void hunt.follow();
        }}
        label="This hunt cannot be shown"
      />
    );
  }
  const nothing = hunt.ended.value && hunt.card.value === null;
  const shape = nothing ? "ended" : hunt.paged.value ? "nine" : "one";
  return (
    <>
      <section class="curate-hunt-centre" aria-label="Samples to answer">
        <TaskBar store={store} />
        <Place key={shape} shape={shape} store={store} />
        <Answers store={store} />
        <Waits store={store} />
      </section>
      <Panel store={store} />
      <LargePicture store={store} />
      <p class="curate-unseen" role="status">
        {state === null ? "" : `${state.found} found, ${state.answered} answered`}
      </p>
    </>
  );
}

/** What takes the keys. Where it takes the place of another one that had the focus, it has the focus. */
function Place({ shape, store }: { shape: "ended" | "nine" | "one"; store: Store }) {
  const { hunt } = store;
  const here = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const place = here.current?.querySelector<HTMLElement>(".curate-hunt-place");
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

/** Why nothing comes, over the pictures, so that nothing moves for it; and what was said in passing. */
function Waits({ store }: { store: Store }) {
  const { core, hunt } = store;
  const waits = waitingFor(core.rpc.connection.value, {
    alive: core.state.value?.alive ?? false,
    busy: hunt.busy.value || hunt.pending.value > 0,
    online: navigator.onLine,
  });
  const said = core.toast.value;
  return (
    <div class="curate-passing curate-hunt-passing">
      <div class="curate-waits" role="status" hidden={waits === ""}>
        {waits}
      </div>
      <div class="curate-said-once" role="status" hidden={said === "" || waits !== ""}>
        <bdi>{said}</bdi>
      </div>
    </div>
  );
}
