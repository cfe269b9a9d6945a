import { useEffect, useRef } from "preact/hooks";
import { counted } from "../duplicates/wording";
import { FailureNotice } from "../notice/Notice";
import { Still } from "../notice/Still";
import { waitingFor } from "../notice/words";
import type { Store } from "../store/store";
import { Answers } from "./Answers";
import { Comparison } from "./Comparison";
import { Panel } from "./Panel";
import { Top } from "./Top";
import "./pairs.css";

/** Pairs that were found: whether they are the same, and what the answers say of the threshold. */
export function PairReview({ store }: { store: Store }) {
  const { core, pairs } = store;
  const lost = core.rpc.connection.value === "lost";
  const body = useRef<HTMLDivElement>(null);

  // Nobody asks what others answered while nobody looks.
  useEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    let inSight = false;
    const look = () => pairs.sight(inSight && document.visibilityState === "visible");
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
  }, [pairs]);

  return (
    <>
      <Top store={store} lost={lost} />
      <div
        ref={body}
        class="curate-body curate-hunt"
        onPointerDown={(event) => {
          if ((event.target as HTMLElement).closest("button, input, [tabindex='0']") !== null) return;
          event.preventDefault();
          body.current?.querySelector<HTMLElement>(".curate-pairs-stage")?.focus({ preventScroll: true });
        }}
      >
        <Content store={store} lost={lost} />
      </div>
    </>
  );
}

function Content({ store, lost }: { store: Store; lost: boolean }) {
  const { pairs, core } = store;
  const state = pairs.state.value;
  const failure = pairs.failure.value ?? core.failure.value;
  if (lost || (state === null && core.rpc.connection.value !== "fine" && core.still() !== "")) {
    return <Lost store={store} />;
  }
  if (failure !== null && state === null) {
    return (
      <FailureNotice
        failure={failure}
        retry={() => {
          void core.hello();
          void pairs.follow();
        }}
        label="These pairs cannot be shown"
      />
    );
  }
  return (
    <>
      <section class="curate-hunt-centre" aria-label="Pairs to answer">
        <Comparison store={store} />
        <Answers store={store} />
        <Waits store={store} />
      </section>
      <Panel store={store} />
      <p class="curate-unseen" role="status">
        {state === null ? "" : counted(state.reviewed, "answer")}
      </p>
    </>
  );
}

function Lost({ store }: { store: Store }) {
  const { pairs } = store;
  const pending = pairs.pending.value;
  return (
    <Still
      store={store}
      known={pairs.state.value !== null}
      back="Run the cell again, and the review goes on where it was."
      of="view"
    >
      <p class="curate-quiet">
        {pending === 0
          ? "Every answer was saved."
          : `${counted(pending, "answer")} had not reached it: ${pending === 1 ? "its pair is" : "their pairs are"} asked again.`}
      </p>
    </Still>
  );
}

/** Why nothing comes, over the pictures, so that nothing moves for it; and what was said in passing. */
function Waits({ store }: { store: Store }) {
  const { core, pairs } = store;
  const waits = waitingFor(core.rpc.connection.value, {
    alive: core.state.value?.alive ?? false,
    busy: pairs.busy.value || pairs.pending.value > 0,
    online: navigator.onLine,
  });
  const said = core.toast.value;
  return (
    <div class="curate-passing curate-pairs-passing">
      <div class="curate-waits" role="status" hidden={waits === ""}>
        {waits}
      </div>
      <div class="curate-said-once" role="status" hidden={said === "" || waits !== ""}>
        <bdi>{said}</bdi>
      </div>
    </div>
  );
}
