import { nameOpacity, placeNames } from "./naming";
import type { MapSlice } from "./slice";

/** What crowded places have in common, written over them. */
export function Names({ map }: { map: MapSlice }) {
  const camera = map.viewpoint.camera.value;
  const opacity = nameOpacity(map.viewpoint.closer.value);
  if (camera === null || opacity === 0) return null;
  return (
    <ul class="curate-map-names" aria-label="Places" style={{ opacity }}>
      {placeNames(map.places.value, camera, map.viewpoint.size.value).map((name) => (
        <li key={name.text} style={{ left: `${name.x}px`, top: `${name.y}px` }}>
          <bdi>{name.text}</bdi>
        </li>
      ))}
    </ul>
  );
}
