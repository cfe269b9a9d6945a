import type { ComponentChildren, TargetedPointerEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { FailureNotice } from "../notice/Notice";
import { waitingFor } from "../notice/words";
import type { Store } from "../store/store";
import type { ReviewSlice } from "./slice";
import "./review.css";

export type Reviewed = ReviewSlice<{ version: number; undo: string }>;

interface Props {
  store: Store;
  review: Reviewed;
  top: ComponentChildren;
  /** What is there where there is no kernel. */
  still: ComponentChildren;
  /** Over the reason why nothing can be shown. */
  refused: string;
  /** What is answered, and the answers; `label` names both. */
  children: ComponentChildren;
  label: string;
  /** How it stands, beside them. */
  beside: ComponentChildren;
  /** How it stands, as somebody hears it. */
  heard: string;
}

/** What is looked at, the answers, and how it stands. */
export function Review(props: Props) {
  const { review, top } = props;
  const body = useRef<HTMLDivElement>(null);

  // Nobody asks what others answered while nobody looks.
  useEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    let inSight = false;
    const look = () => review.sight(inSight && document.visibilityState === "visible");
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
  }, [review]);

  return (
    <>
      {top}
      <div
        ref={body}
        class="curate-body curate-review"
        onPointerDown={(event) => toPlace(event, "button, input, [tabindex='0']")}
      >
        <Content {...props} />
      </div>
    </>
  );
}

/** A press beside the buttons leaves the keys with the pictures. */
export function toPlace(event: TargetedPointerEvent<HTMLElement>, but: string): void {
  if ((event.target as HTMLElement).closest(but) !== null) return;
  event.preventDefault();
  event.currentTarget.querySelector<HTMLElement>(".curate-review-place")?.focus({ preventScroll: true });
}

function Content({ store, review, still, refused, children, label, beside, heard }: Props) {
  const { core } = store;
  const line = core.rpc.connection.value;
  const unknown = review.state.value === null;
  const failure = review.failure.value ?? core.failure.value;
  if (line === "lost" || (unknown && line !== "fine" && core.still() !== "")) return still;
  if (failure !== null && unknown) {
    return (
      <FailureNotice
        failure={failure}
        retry={() => {
          void core.hello();
          void review.follow();
        }}
        label={refused}
      />
    );
  }
  return (
    <>
      <section class="curate-review-centre" aria-label={label}>
        {children}
        <Waits store={store} review={review} />
      </section>
      {beside}
      <p class="curate-unseen" role="status">
        {heard}
      </p>
    </>
  );
}

/** Why nothing comes, over the pictures, so that nothing moves for it; and what was said in passing. */
function Waits({ store: { core }, review }: { store: Store; review: Reviewed }) {
  const waits = waitingFor(core.rpc.connection.value, {
    alive: core.state.value?.alive ?? false,
    busy: review.busy.value || review.pending.value > 0,
    online: navigator.onLine,
  });
  const said = core.toast.value;
  return (
    <div class="curate-passing">
      <div class="curate-waits" role="status" hidden={waits === ""}>
        {waits}
      </div>
      <div class="curate-said-once" role="status" hidden={said === "" || waits !== ""}>
        <bdi>{said}</bdi>
      </div>
    </div>
  );
}
