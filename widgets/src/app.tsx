import { TopBar } from "./bar/TopBar";
import { Grid } from "./grid/Grid";
import { Help } from "./help/Help";
import { Lightbox } from "./lightbox/Lightbox";
import { ConnectionNotice, FailureNotice } from "./notice/Notice";
import { SelectionBar } from "./selection/SelectionBar";
import type { GalleryStore } from "./store";

export function App({ store }: { store: GalleryStore }) {
  const failure = store.failure.value;
  const state = store.state.value;
  return (
    // JupyterLab's own shortcuts (arrows, letters) would fire on every key that is pressed in here.
    <div
      class="curate-gallery"
      data-lm-suppress-shortcuts="true"
      style={{ "--curate-height": `${store.height.value}px` }}
    >
      <TopBar store={store} />
      <ConnectionNotice store={store} />
      {failure ? (
        <FailureNotice failure={failure} retry={() => void store.hello()} label="This view cannot be shown" />
      ) : state?.count === 0 ? (
        <div class="curate-empty">
          <strong>{state.total === 0 ? "This dataset is empty." : "No sample fits this query."}</strong>
          <span>
            {state.total === 0
              ? "Fill it with ds.ingest(folder), then run the cell again."
              : `There are ${state.total.toLocaleString("en")} samples; widen the query and run the cell again.`}
          </span>
        </div>
      ) : state === null && store.rpc.connection.value !== "fine" && store.still() !== "" ? (
        <img class="curate-still" src={store.still()} alt="The first samples of this view" />
      ) : (
        <Grid store={store} />
      )}
      <SelectionBar store={store} />
      <Lightbox store={store} />
      <Help store={store} />
    </div>
  );
}
