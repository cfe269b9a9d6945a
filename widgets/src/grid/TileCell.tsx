import { memo } from "preact/compat";
import { Icon } from "../icons/Icon";
import type { Palette } from "./palette";
import { BADGES_FROM, type Frame, fitting, framed, inPixels } from "./placement";
import { Shapes } from "./Shapes";
import type { Tile } from "./tiles";

const WHY: Record<string, string> = {
  missing: "file missing",
  empty: "empty file",
  corrupt: "unreadable",
  unreadable: "unreadable",
  too_large: "too large",
};

interface Props {
  id: string;
  row: number;
  column: number;
  tile: Tile | undefined;
  width: number;
  height: number;
  selected: boolean;
  active: boolean;
  /** The buttons are there: the pointer or the keyboard is at this tile. */
  tools: boolean;
  badges: boolean;
  cropped: boolean;
  /** Gives the shapes their colours; without it none are drawn. */
  palette: Palette | null;
}

/** One sample: its picture, or in its place what became of it. */
export const TileCell = memo(function TileCell(props: Props) {
  const { id, row, column, tile, width, selected, active } = props;
  const own = tile?.former ? undefined : tile;
  const classes = ["curate-tile"];
  if (selected) classes.push("curate-is-selected");
  if (active) classes.push("curate-is-active");
  if (width < BADGES_FROM) classes.push("curate-is-small");
  return (
    <div
      id={id}
      role="gridcell"
      class={classes.join(" ")}
      data-row={row}
      aria-colindex={column + 1}
      aria-selected={selected}
      title={own && titleOf(own)}
      draggable={own !== undefined}
    >
      {/* Badges and buttons are for the eye and the pointer: this says the first, and the keys of the grid do the second. */}
      <span class="curate-unseen">{own ? describe(own) : "loading"}</span>
      {tile && <Picture {...props} tile={tile} />}
      {own && props.tools && width >= BADGES_FROM && (
        <span class="curate-tile-tools" aria-hidden="true">
          <button type="button" tabIndex={-1} data-act="similar" title="Nearest to this (s)">
            <Icon name="similar" />
          </button>
          <button type="button" tabIndex={-1} data-act="inspect" title="Inspect (i)">
            <Icon name="info" />
          </button>
        </span>
      )}
      {(selected || (own && props.tools)) && (
        <button
          type="button"
          class="curate-check"
          tabIndex={-1}
          data-act="check"
          aria-hidden="true"
          title={selected ? "Deselect (space)" : "Select (space)"}
        >
          <Icon name="check" />
        </button>
      )}
    </div>
  );
});

function Picture({ tile, width, height, badges, cropped, palette }: Props & { tile: Tile }) {
  const frame = framed(tile, { width, height }, cropped);
  if (tile.former) return tile.url === "" ? null : <Image url={tile.url} frame={frame} />;
  return (
    <>
      {tile.url !== "" ? (
        <Image url={tile.url} frame={frame} />
      ) : (
        <span class="curate-no-picture" aria-hidden="true">
          <Icon name={tile.status === "ok" ? "image" : "broken"} />
          {width >= BADGES_FROM && <span>{whyOf(tile)}</span>}
        </span>
      )}
      {palette !== null && tile.shapes.length > 0 && tile.url !== "" && (
        <Shapes shapes={tile.shapes} palette={palette} frame={framed(tile, { width, height }, cropped)} />
      )}
      {badges && <Badges tile={tile} width={width} palette={palette} />}
    </>
  );
}

function Image({ url, frame }: { url: string; frame: Frame }) {
  return <img src={url} alt="" style={inPixels(frame)} draggable={false} decoding="async" />;
}

function Badges({ tile, width, palette }: { tile: Tile; width: number; palette: Palette | null }) {
  const scored = tile.score !== null;
  // Where there is no picture, it stands there in words already.
  const badges = tile.url === "" ? tile.badges.filter(({ kind }) => kind !== "issue") : tile.badges;
  const { shown, more } = fitting(badges, width, { scored, dotted: palette !== null });
  if (width < BADGES_FROM || (!scored && shown.length === 0)) return null;
  return (
    <span class="curate-badges" aria-hidden="true">
      {tile.score !== null && <span class="curate-badge curate-score">{tile.score.toFixed(3)}</span>}
      <span class="curate-marks">
        {shown.map(({ kind, text }) => (
          <span key={kind + text} class={`curate-badge curate-badge-${kind}`}>
            {kind === "issue" && <Icon name="warning" />}
            {kind === "label" && palette?.knows(text) && (
              <i class="curate-dot" style={{ background: palette.colour(text) }} />
            )}
            <bdi>{text}</bdi>
          </span>
        ))}
        {more > 0 && <span class="curate-badge curate-badge-more">+{more}</span>}
      </span>
    </span>
  );
}

function whyOf(tile: Tile): string {
  return WHY[tile.status] ?? (tile.status === "ok" ? "no picture yet" : tile.status);
}

function titleOf(tile: Tile): string {
  return tile.status === "ok" ? tile.name : `${tile.name}\n${whyOf(tile)}${tile.error && `: ${tile.error}`}`;
}

/** The tile in words, for whoever cannot see it. */
export function describe(tile: Tile): string {
  const words = [tile.name];
  if (tile.url === "") words.push(whyOf(tile));
  if (tile.score !== null) words.push(`score ${tile.score.toFixed(3)}`);
  const of = (kind: string) => tile.badges.filter((badge) => badge.kind === kind).map(({ text }) => text);
  const [tags, labels] = [of("tag"), of("label")];
  if (tags.length > 0) words.push(`tagged ${tags.join(", ")}`);
  if (labels.length > 0) words.push(`labelled ${labels.join(", ")}`);
  return words.join(", ");
}
