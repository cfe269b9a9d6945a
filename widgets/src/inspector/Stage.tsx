import type { Ref } from "preact";
import { useImperativeHandle, useRef } from "preact/hooks";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { Layers, usePictureSize, whyNoPicture } from "./Layers";
import { Tool } from "./Tools";
import { frameOf } from "./zoom";
import { useZoom } from "./zooming";

/** CSS pixels that an arrow key moves the picture. */
const KEY_PX = 80;

/** What the keys of the dialog do with the picture. */
export interface StageHandle {
  zoom(direction: 1 | -1): void;
  fit(): void;
  actual(): void;
  /** Move it by so many steps; false where all of it is seen and nothing moves. */
  pan(right: number, down: number): boolean;
}

/** The picture with zoom and pan: by wheel, pinch, drag, double click, keys and buttons. */
export function Stage({ store, handle }: { store: Store; handle: Ref<StageHandle> }) {
  const { inspector } = store;
  const element = useRef<HTMLDivElement>(null);
  const [picture, onNatural] = usePictureSize(store);
  const sample = inspector.opened.value?.sampleId ?? "";
  const zooming = useZoom(element, sample, picture);
  const { zoom, whole } = zooming;
  const why = whyNoPicture(store);
  const has = why === "" || (inspector.opened.value?.thumbnail ?? "") !== "";

  useImperativeHandle(handle, () => ({
    zoom: zooming.by,
    fit: zooming.fit,
    actual: zooming.actual,
    pan: (right, down) => zooming.pan(right * KEY_PX, down * KEY_PX),
  }));

  const percent = Math.round(zoom.scale * 100);
  const reduced = inspector.current.value !== null && Math.max(picture.width, picture.height) > 1600;
  return (
    <>
      <div
        ref={element}
        class="curate-stage"
        role="group"
        aria-label="Picture"
        data-eased={zooming.eased}
        data-whole={whole}
        {...zooming.hands}
      >
        {has ? (
          <Layers store={store} frame={frameOf(zoom, picture)} onNatural={onNatural} />
        ) : (
          <p class="curate-stage-why">
            <Icon name="broken" />
            <bdi>{why}</bdi>
          </p>
        )}
      </div>
      {has && (
        <div class="curate-stage-tools" role="toolbar" aria-label="Zoom">
          <Tool icon="zoomOut" label="Smaller" hint="−" act={() => zooming.by(-1)} />
          <span class="curate-stage-percent" role="status" aria-label={`Zoom ${percent} %`}>
            {percent} %
          </span>
          <Tool icon="zoomIn" label="Larger" hint="+" act={() => zooming.by(1)} />
          <button
            type="button"
            class="curate-button curate-plain"
            aria-pressed={whole}
            title="The whole picture (0)"
            onClick={zooming.fit}
          >
            Fit
          </button>
          <button
            type="button"
            class="curate-button curate-plain"
            aria-pressed={percent === 100}
            title={
              reduced
                ? "A pixel for a pixel (1); the picture was made smaller, to 1,600 pixels, on its way here"
                : "A pixel for a pixel (1)"
            }
            onClick={zooming.actual}
          >
            100 %
          </button>
        </div>
      )}
    </>
  );
}
