import { Icon } from "../icons/Icon";
import { toScreen } from "./camera";
import { wordsOf } from "./colour";
import { colourOf, css } from "./palette";
import type { MapSlice } from "./slice";

const WIDTH = 176;
const HEIGHT = 186;
const GAP = 14;

/** The picture of the point that is pointed at. */
export function HoverCard({ map }: { map: MapSlice }) {
  const point = map.pointing.point.value;
  const camera = map.viewpoint.camera.value;
  const size = map.viewpoint.size.value;
  const place = map.pointing.placeOf(point);
  if (place === null || camera === null) return null;
  const [x, y] = toScreen(camera, size, place);
  const left = x + GAP + WIDTH <= size.width ? x + GAP : Math.max(x - GAP - WIDTH, 4);
  const top = Math.min(Math.max(y - HEIGHT / 2, 4), Math.max(size.height - HEIGHT - 4, 4));
  const tile = map.pointing.tile.value;
  const colouring = map.painting.colouring.value;
  const code = map.scene.value?.codes[point] ?? 0;
  return (
    <div class="curate-map-card" style={{ left: `${left}px`, top: `${top}px` }} aria-hidden="true">
      <span class="curate-map-picture">
        {tile?.url ? <img src={tile.url} alt="" draggable={false} /> : tile && <Icon name="broken" />}
      </span>
      <bdi class="curate-map-title">{tile?.name ?? "\u00a0"}</bdi>
      {colouring && (
        <span class="curate-map-value">
          <i style={{ background: css(colourOf(map.theme.value, colouring.kind, code)) }} />
          <bdi>{wordsOf(colouring, code)}</bdi>
        </span>
      )}
    </div>
  );
}
