import { useState } from "preact/hooks";
import { type Frame, inPixels } from "../grid/placement";
import { Shapes } from "../grid/Shapes";
import type { Store } from "../store/store";
import type { Size } from "./zoom";

/** How large the sample's picture is: as ingest measured it, or as its thumbnail is. */
export function usePictureSize(store: Store): [Size, (size: Size) => void] {
  const { opened, current } = store.inspector;
  const [natural, setNatural] = useState<Size>({ width: 0, height: 0 });
  const known = current.value?.picture ?? opened.value;
  const size = known && known.width > 0 && known.height > 0 ? known : natural;
  return [{ width: size.width, height: size.height }, setNatural];
}

/** The picture in its frame: the thumbnail at once, over it the large picture when it is here, over that its labels. */
export function Layers({
  store,
  frame,
  onNatural,
}: {
  store: Store;
  frame: Frame;
  onNatural: (size: Size) => void;
}) {
  const { inspector, grid } = store;
  const opened = inspector.opened.value;
  const current = inspector.current.value;
  const [loaded, setLoaded] = useState("");
  if (opened === null) return null;
  const style = inPixels(frame);
  const natural = (image: HTMLImageElement) =>
    onNatural({ width: image.naturalWidth, height: image.naturalHeight });
  const url = current?.url ?? "";
  return (
    <>
      {opened.thumbnail !== "" && (
        <img
          key={`thumbnail ${opened.sampleId}`}
          class="curate-layer curate-soft"
          style={style}
          src={opened.thumbnail}
          alt=""
          draggable={false}
          onLoad={(event) => natural(event.currentTarget)}
        />
      )}
      {url !== "" && (
        <img
          key={opened.sampleId}
          class="curate-layer"
          style={{ ...style, opacity: loaded === url ? 1 : 0 }}
          src={url}
          alt={current?.picture.name ?? ""}
          draggable={false}
          onLoad={(event) => {
            setLoaded(url);
            natural(event.currentTarget);
          }}
        />
      )}
      {current && url !== "" && inspector.shapes.value && current.picture.shapes.length > 0 && (
        <Shapes shapes={current.picture.shapes} palette={grid.palette} frame={frame} />
      )}
    </>
  );
}

/** What stands in the place of a picture that cannot be shown. */
export function whyNoPicture(store: Store): string {
  const current = store.inspector.current.value;
  if (current === null || current.url !== "") return "";
  return current.picture.note || "There is no picture.";
}
