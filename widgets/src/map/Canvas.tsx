import { useEffect, useRef, useState } from "preact/hooks";
import type { MapState } from "../protocol";
import type { Store } from "../store/store";
import { toScreen } from "./camera";
import { Gestures } from "./gestures";
import { HoverCard } from "./HoverCard";
import { Legend } from "./Legend";
import { Names } from "./Names";
import { Progress } from "./NoMap";
import { Surface } from "./surface";
import { Tools } from "./Tools";

const KEYS =
  "Arrow keys move, plus and minus zoom, 0 shows all, F shows the view. The cross in the middle points at a sample: " +
  "Enter opens it, Shift Enter selects it. S selects what is in sight, with Shift added, with Alt taken away.";

interface Drawn {
  surface: Surface;
  gestures: Gestures;
}

/** The points, and everything that lies over them. */
export function Canvas({ store, info }: { store: Store; info: MapState }) {
  const { map } = store;
  const box = useRef<HTMLDivElement>(null);
  const points = useRef<HTMLCanvasElement>(null);
  const ground = useRef<HTMLCanvasElement>(null);
  const probe = useRef<HTMLSpanElement>(null);
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  useEffect(() => {
    if (!box.current || !points.current || !ground.current || !probe.current) return undefined;
    const surface = new Surface(map, points.current, ground.current, probe.current);
    const gestures = new Gestures(map, box.current);
    setDrawn({ surface, gestures });
    return () => {
      gestures.dispose();
      surface.dispose();
    };
  }, [map]);

  const gestures = drawn?.gestures;
  const health = drawn?.surface.health.value ?? "fine";
  const number = (value: number) => value.toLocaleString("en");
  const arrived = map.arrived.value;
  const state = store.core.state.value;
  const drags = gestures?.pans.value || map.tool.value === "pan" ? "curate-map-pans" : "";
  return (
    <>
      <div
        ref={box}
        class={`curate-map-surface ${drags}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys, as an application does
        tabIndex={0}
        role="application"
        aria-roledescription="map"
        aria-label={`Map of ${number(info.samples)} samples: ${number(state?.count ?? 0)} in the view, ${number(state?.selected ?? 0)} selected`}
        aria-description={KEYS}
        onPointerDown={gestures?.onPointerDown}
        onPointerMove={gestures?.onPointerMove}
        onPointerUp={gestures?.onPointerUp}
        onPointerCancel={gestures?.onPointerCancel}
        onPointerLeave={gestures?.onPointerLeave}
        onKeyDown={gestures?.onKeyDown}
        onKeyUp={gestures?.onKeyUp}
        onBlur={gestures?.onBlur}
      >
        <div class="curate-map-layer" aria-hidden="true">
          <canvas ref={ground} class="curate-map-layer" />
          <canvas ref={points} class="curate-map-layer" />
        </div>
        <span ref={probe} class="curate-map-probe" aria-hidden="true" />
        {gestures && <Overlay store={store} gestures={gestures} />}
      </div>
      {map.named.value && <Names map={map} />}
      <HoverCard map={map} />
      {health === "none" && (
        <p class="curate-map-note" role="alert">
          The map needs WebGL 2, which this browser does not give. Search, facets and pictures work without.
        </p>
      )}
      {health === "lost" && (
        <p class="curate-map-note" role="alert">
          The browser has taken the map's drawing away, and will give it back.
        </p>
      )}
      {arrived < info.points && (
        <p class="curate-map-note curate-map-arriving curate-quiet curate-number" role="status">
          {number(arrived)} of {number(info.points)} points
        </p>
      )}
      <Legend store={store} />
      {gestures && <Tools map={map} gestures={gestures} />}
      {info.missing > 0 && <Missing store={store} missing={info.missing} />}
    </>
  );
}

/** What is being drawn, what is pointed at, and the cross of those who use keys. */
function Overlay({ store, gestures }: { store: Store; gestures: Gestures }) {
  const { map } = store;
  const cross = gestures.crosshair.value;
  const name = map.pointing.tile.value?.name;
  // Who uses keys may not see the picture.
  useEffect(() => {
    if (cross && name !== undefined) map.said.value = name;
  }, [map, cross, name]);
  const path = gestures.path.value;
  const camera = map.viewpoint.camera.value;
  const size = map.viewpoint.size.value;
  const at = (point: number) => {
    const place = map.pointing.placeOf(point);
    return place && camera && toScreen(camera, size, place);
  };
  const opened = at(map.opened.value);
  const hovered = at(map.pointing.point.value);
  const [across, down] = [Math.round(size.width / 2), Math.round(size.height / 2)];
  return (
    <svg class="curate-map-layer" aria-hidden="true">
      {path.length > 1 && (
        <path class="curate-map-lasso" d={`M${path.map((point) => point.join(" ")).join("L")}Z`} />
      )}
      {cross && (
        <path
          class="curate-map-cross"
          d={`M${across - 14} ${down}h10M${across + 4} ${down}h10M${across} ${down - 14}v10M${across} ${down + 4}v10`}
        />
      )}
      {opened && <circle class="curate-map-opened" cx={opened[0]} cy={opened[1]} r={9} />}
      {hovered && <circle class="curate-map-hovered" cx={hovered[0]} cy={hovered[1]} r={7} />}
    </svg>
  );
}

/** Samples that came after the map was made. */
function Missing({ store, missing }: { store: Store; missing: number }) {
  const { map, core } = store;
  const job = map.job.value;
  return (
    <div class="curate-map-missing">
      {job?.state === "running" ? (
        <Progress job={job} stop={() => void map.stopMaking()} />
      ) : (
        <>
          <span class="curate-number">
            {missing.toLocaleString("en")} {missing === 1 ? "sample has" : "samples have"} no place yet
          </span>
          {core.state.value?.writable && (
            <button type="button" class="curate-link" onClick={() => void map.make()}>
              place them
            </button>
          )}
        </>
      )}
    </div>
  );
}
