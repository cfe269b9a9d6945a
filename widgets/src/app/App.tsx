import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Help } from "../help/Help";
import { Hunt } from "../hunt/Hunt";
import { Large } from "../inspector/Large";
import { Jobs } from "../jobs/Jobs";
import { EmptyDataset, FailureNotice } from "../notice/Notice";
import { Passing } from "../notice/Passing";
import { StillView } from "../notice/Still";
import { PairReview } from "../pairs/PairReview";
import { pictureIn } from "../search/picture";
import { SelectionBar } from "../selection/SelectionBar";
import { Toast } from "../selection/Toast";
import type { Store } from "../store/store";
import { Body } from "./Body";
import { onKey } from "./keys";
import { TopBar } from "./TopBar";
import "./app.css";

/** The whole widget: the Explorer, or one part of it. */
export function App({ store }: { store: Store }) {
  const { core, shell } = store;
  const root = useRef<HTMLDivElement>(null);
  const reviews = core.part === "hunt" || core.part === "pairs";

  useLayoutEffect(() => {
    const element = root.current;
    if (element === null) return undefined;
    shell.attach(element);
    const observer = new ResizeObserver(() => shell.measure(element.clientWidth));
    shell.measure(element.clientWidth);
    observer.observe(element);
    const onFull = () => shell.left();
    document.addEventListener("fullscreenchange", onFull);
    return () => {
      observer.disconnect();
      document.removeEventListener("fullscreenchange", onFull);
      shell.attach(null);
    };
  }, [shell]);

  // Somebody looks again, so see whether somebody else has written. Nobody is asked while nobody looks.
  useEffect(() => {
    const element = root.current;
    // A review follows by itself.
    if (element === null || reviews) return undefined;
    let inSight = false;
    const look = () => {
      if (inSight && document.visibilityState === "visible") void core.look();
    };
    const observer = new IntersectionObserver((entries) => {
      inSight = entries.at(-1)?.isIntersecting ?? false;
      look();
    });
    observer.observe(element);
    element.addEventListener("pointerenter", look);
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      observer.disconnect();
      element.removeEventListener("pointerenter", look);
      window.removeEventListener("focus", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [core, reviews]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys and the clipboard of everything inside
    <div
      ref={root}
      class="curate-widget"
      data-part={core.part}
      data-size={shell.size.value}
      data-full={shell.full.value}
      // JupyterLab's own shortcuts (arrows, letters) would fire on every key that is pressed in here.
      data-lm-suppress-shortcuts="true"
      style={{ "--curate-height": `${shell.height.value}px` }}
      onKeyDown={(event) => onKey(store, event)}
      onPaste={(event) => {
        const picture = pictureIn(event.clipboardData);
        if (picture === null || reviews) return;
        event.preventDefault();
        void store.search.likePicture(picture);
      }}
    >
      {core.part === "hunt" ? (
        <Hunt store={store} />
      ) : core.part === "pairs" ? (
        <PairReview store={store} />
      ) : (
        <>
          <TopBar store={store} lost={core.rpc.connection.value === "lost"} />
          <Content store={store} />
          <Large store={store} />
        </>
      )}
      <Help store={store} />
    </div>
  );
}

/** What is under the top bar, whatever has become of the kernel and the dataset. */
function Content({ store }: { store: Store }) {
  const { core } = store;
  const state = core.state.value;
  const failure = core.failure.value;
  const connection = core.rpc.connection.value;
  if (connection === "lost" || (state === null && connection !== "fine" && core.still() !== "")) {
    return <StillView store={store} />;
  }
  if (failure !== null) {
    return (
      <FailureNotice failure={failure} retry={() => void core.hello()} label="This view cannot be shown" />
    );
  }
  if (state?.total === 0) return <EmptyDataset store={store} />;
  return (
    <>
      <Body store={store} />
      <Passing store={store} />
      {core.part === "facets" ? (
        <div class="curate-toast-place">
          <Toast store={store} />
        </div>
      ) : state === null ? (
        <div class="curate-bar curate-bottom" />
      ) : (
        <SelectionBar store={store} />
      )}
      <Jobs store={store} />
    </>
  );
}
