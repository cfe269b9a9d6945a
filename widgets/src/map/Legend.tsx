import { Menu, type MenuEntry } from "../app/Menu";
import { isPicked } from "../facets/picks";
import { Icon } from "../icons/Icon";
import type { LegendEntry } from "../protocol";
import type { Store } from "../store/store";
import { type Colour, type Colouring, colours, number, time, writeColour } from "./colour";
import { colourOf, css, NO_VALUE, OTHERS, ramp } from "./palette";
import type { MapSlice } from "./slice";

/** What the colours mean; the name of the column is the menu of all columns. */
export function Legend({ store }: { store: Store }) {
  const { map } = store;
  const colour = map.painting.colour.value;
  const colouring = map.painting.colouring.value;
  const info = map.info.value;
  return (
    <div class="curate-map-legend" role="group" aria-label="Colours of the map">
      <Menu
        label={`colour ${colour ? title(colour) : "in view"}`}
        title="Colour by another column"
        entries={entries(map)}
        class="curate-map-column"
      >
        <span class="curate-quiet">colour</span> <bdi>{colour ? title(colour) : "in view"}</bdi>
        <Icon name="down" />
      </Menu>
      {colouring === null || colour === null ? (
        <Plain map={map} />
      ) : colouring.kind === "category" ? (
        colouring.legend.map((entry) => (
          <Entry key={entry.code} store={store} entry={entry} colour={colouring.colour} />
        ))
      ) : (
        <Ramp store={store} colouring={colouring} />
      )}
      {info?.density && (
        <span class="curate-quiet curate-number">
          {info.points.toLocaleString("en")} of {info.samples.toLocaleString("en")} drawn, over the density of
          all
        </span>
      )}
    </div>
  );
}

function Plain({ map }: { map: MapSlice }) {
  return (
    <>
      <span class="curate-map-key">
        <i style={{ background: "var(--curate-accent)" }} /> in the view
      </span>
      {map.inView.value < map.arrived.value && (
        <span class="curate-map-key">
          <i style={{ background: "var(--curate-edge)" }} /> all others
        </span>
      )}
    </>
  );
}

function Entry({ store, entry, colour }: { store: Store; entry: LegendEntry; colour: Colour }) {
  const { map, facets } = store;
  // Where there are facets, they know what is filtered, and count it.
  const card = facets.cards.value.get(writeColour(colour));
  const pressed = isPicked(card ? card.filter.value : map.painting.filter.value, entry.value);
  const others = entry.code === OTHERS;
  const count = `${entry.count.toLocaleString("en")} ${entry.count === 1 ? "point" : "points"}`;
  const lift = (code: number | null) => () => {
    map.painting.lifted.value = code;
  };
  const filter = () => {
    if (others) return;
    if (card) facets.pick(card, entry.value, "toggle");
    else void map.painting.filterBy(entry);
  };
  return (
    <button
      type="button"
      class="curate-map-key"
      title={others ? `${count} with other values` : `${count}; click to see only these`}
      aria-label={others ? `others, ${count}` : `${entry.text}, ${count}: filter ${title(colour)}`}
      aria-pressed={others ? undefined : pressed}
      aria-disabled={others}
      onPointerEnter={lift(entry.code)}
      onPointerLeave={lift(null)}
      onFocus={lift(entry.code)}
      onBlur={lift(null)}
      onClick={filter}
    >
      <i style={{ background: css(colourOf(map.theme.value, "category", entry.code)) }} />
      <bdi>{entry.text}</bdi>
    </button>
  );
}

function Ramp({ store, colouring }: { store: Store; colouring: Colouring }) {
  const { map } = store;
  const { low, high, kind, legend } = colouring;
  if (low === null || high === null) return <span class="curate-quiet">no value</span>;
  const text = (value: number) => (kind === "time" ? time(value, high - low) : number(value));
  const theme = map.theme.value;
  const stops = Array.from({ length: 9 }, (_, i) => css(ramp(theme, i / 8))).join(", ");
  const none = legend.find((entry) => entry.code === NO_VALUE);
  return (
    <>
      <span class="curate-map-ramp curate-number">
        {text(low)} <i style={{ background: `linear-gradient(to right, ${stops})` }} /> {text(high)}
      </span>
      {none && none.count > 0 && <Entry store={store} entry={none} colour={colouring.colour} />}
    </>
  );
}

function entries(map: MapSlice): MenuEntry[] {
  const chosen = map.painting.colour.value;
  const known = map.painting.columns.value;
  const line = (colour: Colour) => ({
    label: title(colour),
    checked: chosen !== null && chosen.kind === colour.kind && chosen.column === colour.column,
    onPick: () => map.colourBy(colour.kind, colour.column),
  });
  const { own, labels, files } = known === null ? { own: [], labels: [], files: [] } : colours(known);
  const part = (heading: string, found: Colour[]) =>
    found.length > 0 ? [{ heading }, ...found.map(line)] : [];
  return [
    { label: "in view or not", checked: chosen === null, onPick: () => map.colourBy(null) },
    ...part("Columns", own),
    ...part("Labels", labels),
    ...part("About the files", files),
  ];
}

function title({ column }: Colour): string {
  return column.replaceAll("_", " ");
}
