import { memo } from "preact/compat";
import { Icon } from "../icons/Icon";
import type { Tile } from "./pages";

const WHY: Record<string, string> = {
  missing: "file missing",
  empty: "empty file",
  corrupt: "unreadable",
  too_large: "too large",
};

interface Props {
  id: string;
  row: number;
  column: number;
  tile: Tile | undefined;
  selected: boolean;
  active: boolean;
}

/** One sample: its picture, or in its place what became of it. */
export const TileCell = memo(function TileCell({ id, row, column, tile, selected, active }: Props) {
  const classes = `curate-tile${selected ? " curate-is-selected" : ""}${active ? " curate-is-active" : ""}`;
  return (
    <div
      id={id}
      role="gridcell"
      class={classes}
      data-row={row}
      aria-colindex={column + 1}
      aria-selected={selected}
      aria-label={tile ? describe(tile) : "loading"}
      title={tile?.name}
    >
      {tile && <Content tile={tile} />}
      <span class="curate-check" aria-hidden="true">
        <Icon name="check" />
      </span>
    </div>
  );
});

function Content({ tile }: { tile: Tile }) {
  const why = WHY[tile.status] ?? (tile.status === "ok" ? "no picture yet" : tile.status);
  return (
    <>
      {tile.url ? (
        <img src={tile.url} alt="" draggable={false} decoding="async" />
      ) : (
        <span class="curate-no-picture">
          <Icon name="broken" />
          <span>{why}</span>
        </span>
      )}
      <span class="curate-badges">
        {tile.score !== null && <span class="curate-score">{tile.score.toFixed(3)}</span>}
        {tile.badges.length > 0 && (
          <span class="curate-tag">
            <bdi>{tile.badges[0]?.text}</bdi>
            {tile.badges.length > 1 && ` +${tile.badges.length - 1}`}
          </span>
        )}
      </span>
    </>
  );
}

/** The tile in words, for whoever cannot see it. */
export function describe(tile: Tile): string {
  const words = [tile.name];
  if (!tile.url) words.push(WHY[tile.status] ?? tile.status);
  if (tile.score !== null) words.push(`score ${tile.score.toFixed(3)}`);
  if (tile.badges.length > 0) words.push(tile.badges.map((badge) => badge.text).join(", "));
  return words.join(", ");
}
