import { useId } from "preact/hooks";
import { Menu, type MenuEntry } from "../app/Menu";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import type { ValueOrder } from "./arrangement";
import type { Scale } from "./bars";
import { intervalOf } from "./brush";
import { Histogram } from "./Histogram";
import type { CardState } from "./slice";
import { ValueList } from "./ValueList";
import { intervalText, stepOf } from "./wording";

const ORDER_NAMES: Record<ValueOrder, string> = {
  all: "Most in the dataset",
  view: "Most in the view",
  name: "By name",
};
const SCALE_NAMES: Record<Scale, string> = {
  root: "Square root",
  even: "In proportion",
  log: "Logarithm",
};

/** Above and below what is in a card, in pixels, as in facets.css. */
const PADDING = 20;

interface Props {
  store: Store;
  state: CardState;
  /** Its height before it has been drawn, in pixels. */
  height: number;
}

/** One column: its values or its histogram, in the dataset and in the view. */
export function FacetCard({ store, state, height }: Props) {
  const { facets } = store;
  const card = state.card.value;
  const collapsed = facets.collapsed.value.has(state.key);
  const body = useId();
  return (
    <section
      class="curate-card"
      data-key={state.key}
      aria-label={card.title}
      style={{ containIntrinsicSize: `auto ${height - PADDING}px` }}
    >
      <div class="curate-card-head">
        <h3>
          <button
            type="button"
            class="curate-card-title"
            aria-expanded={!collapsed}
            aria-controls={collapsed ? undefined : body}
            title={collapsed ? `Show ${card.title}` : `Put ${card.title} away`}
            onClick={() => facets.collapse(state)}
          >
            <bdi>{card.title}</bdi>
          </button>
        </h3>
        {card.kind === "labels" && card.column !== "labels" && <span class="curate-card-kind">labels</span>}
        <FilterText store={store} state={state} />
        <Menu
          label={`More about ${card.title}`}
          entries={entriesOf(store, state, collapsed)}
          align="end"
          class="curate-plain curate-card-menu"
        >
          <Icon name="more" />
        </Menu>
      </div>
      {!collapsed && (
        <div id={body}>
          {card.bins === null ? (
            <ValueList store={store} state={state} />
          ) : (
            <Histogram store={store} state={state} bins={card.bins} />
          )}
        </div>
      )}
    </section>
  );
}

/** What the card filters by, and the way to take it away. */
function FilterText({ store, state }: { store: Store; state: CardState }) {
  const card = state.card.value;
  const filter = state.filter.value;
  const draft = state.draft.value;
  const shown = draft !== null && card.bins !== null ? intervalOf(draft, card.bins.edges) : filter;
  const text =
    shown?.type === "interval" && card.bins !== null
      ? intervalText(shown, card.kind, stepOf(card.bins.edges), card.bins.whole)
      : shown?.type === "values" && card.bins === null && shown.values.length > 1
        ? `${shown.values.length} picked`
        : "";
  return (
    <>
      <span class="curate-card-filter curate-number">{text}</span>
      {filter !== null && (
        <button
          type="button"
          class="curate-button curate-plain curate-card-clear"
          aria-label={`Clear the filter of ${card.title}`}
          title="Clear this filter"
          onClick={() => void store.facets.filter(state, null)}
        >
          <Icon name="close" />
        </button>
      )}
    </>
  );
}

function entriesOf(store: Store, state: CardState, collapsed: boolean): MenuEntry[] {
  const { core, facets, map } = store;
  const card = state.card.value;
  const entries: MenuEntry[] = [];
  if (card.bins === null) {
    const order = facets.orderOf(card);
    entries.push({ heading: "Values" });
    for (const name of ["all", "view", "name"] as const) {
      entries.push({
        label: ORDER_NAMES[name],
        checked: order === name,
        onPick: () => facets.setOrder(state, name),
      });
    }
  } else {
    entries.push({ heading: "Height of the bars" });
    for (const name of ["root", "even", "log"] as const) {
      entries.push({
        label: SCALE_NAMES[name],
        checked: facets.scale.value === name,
        onPick: () => facets.setScale(name),
      });
    }
  }
  entries.push("line");
  if (core.part === "explorer") {
    if (card.kind !== "tags" && card.kind !== "labels") {
      const { column } = card;
      entries.push({
        label: "Sort the grid by it",
        icon: "arrange",
        onPick: () => void core.edit({ type: "sort", column, descending: false }),
      });
    }
    if ((map.info.value?.map ?? 0) > 0) {
      entries.push({
        label: "Colour the map by it",
        icon: "map",
        onPick: () => map.colourBy(card.kind, card.column),
      });
    }
  }
  entries.push(
    {
      label: collapsed ? "Show its values" : "Put its values away",
      icon: collapsed ? "expand" : "collapse",
      onPick: () => facets.collapse(state),
    },
    { label: "Hide this card", icon: "close", onPick: () => facets.hide(state) },
  );
  return entries;
}
