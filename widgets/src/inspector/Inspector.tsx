import { useRef } from "preact/hooks";
import { framed } from "../grid/placement";
import { Icon } from "../icons/Icon";
import { FailureNotice } from "../notice/Notice";
import type { Store } from "../store/store";
import { Facts } from "./Facts";
import { Layers, usePictureSize, whyNoPicture } from "./Layers";
import { useSize } from "./measure";
import { Tools } from "./Tools";
import "./inspector.css";

/** The sample that is looked at, beside the grid. */
export function Inspector({ store }: { store: Store }) {
  const { inspector } = store;
  const opened = inspector.opened.value;
  const failure = inspector.failure.value;
  if (opened === null) {
    return (
      <div class="curate-inspector curate-inspector-empty">
        <Icon name="image" />
        <p>Pick a sample to see it here</p>
        <p class="curate-quiet">
          A click shows it with its metadata, labels and history, a double click shows it large.
        </p>
      </div>
    );
  }
  return (
    <div class="curate-inspector">
      <Preview store={store} />
      <Title store={store} />
      <Tools store={store} />
      {failure && inspector.current.value === null ? (
        <FailureNotice
          failure={failure}
          retry={() => inspector.retry()}
          label="This sample cannot be shown"
        />
      ) : (
        <Facts store={store} />
      )}
    </div>
  );
}

/** The picture in a box of one size for all, so that nothing below it moves from sample to sample. */
function Preview({ store }: { store: Store }) {
  const { inspector } = store;
  const box = useRef<HTMLButtonElement>(null);
  const size = useSize(box);
  const [picture, onNatural] = usePictureSize(store);
  const why = whyNoPicture(store);
  const thumbnail = inspector.opened.value?.thumbnail ?? "";
  const waits = thumbnail === "" && inspector.current.value === null && inspector.failure.value === null;
  return (
    <button
      ref={box}
      type="button"
      class={waits ? "curate-preview curate-skeleton" : "curate-preview"}
      aria-label="Show it large"
      title="Show it large (Enter)"
      onClick={() => {
        inspector.large.value = true;
      }}
    >
      {why !== "" && thumbnail === "" ? (
        <span class="curate-preview-why">
          <Icon name="broken" />
        </span>
      ) : (
        <Layers store={store} frame={framed(picture, size, false)} onNatural={onNatural} />
      )}
      <span class="curate-preview-large" aria-hidden="true">
        <Icon name="expand" />
      </span>
    </button>
  );
}

/** The name of the sample, and which of how many it is. */
export function Title({ store }: { store: Store }) {
  const { inspector, core } = store;
  const name = inspector.current.value?.picture.name ?? inspector.opened.value?.name ?? "";
  const row = inspector.row.value;
  const count = core.state.value?.count ?? 0;
  return (
    <div class="curate-inspector-title">
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <span class="curate-quiet curate-number">
        {!inspector.placed.value
          ? "\u00a0"
          : row === null
            ? "not in this view"
            : `${(row + 1).toLocaleString("en")} of ${count.toLocaleString("en")}`}
      </span>
    </div>
  );
}
