import { useEffect } from "preact/hooks";
import { FailureNotice } from "../notice/Notice";
import type { Store } from "../store/store";
import { Canvas } from "./Canvas";
import { NoMap } from "./NoMap";
import "./map.css";

/** The map of all samples, or in its place what is missing for it. */
export function MapPane({ store }: { store: Store }) {
  const { map } = store;
  useEffect(() => {
    map.attach();
    return () => map.detach();
  }, [map]);
  const info = map.info.value;
  const failure = map.failure.value;
  return (
    <div class="curate-map" aria-busy={info === null && failure === null}>
      {failure ? (
        <FailureNotice failure={failure} retry={() => void map.load()} label="The map cannot be shown" />
      ) : info === null ? (
        <p class="curate-map-note curate-quiet">Loading the map…</p>
      ) : info.map === 0 ? (
        <NoMap store={store} why={info.why} />
      ) : (
        <Canvas store={store} info={info} />
      )}
      <p class="curate-unseen" role="status">
        {map.said.value}
      </p>
    </div>
  );
}
