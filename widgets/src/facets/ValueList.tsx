import type { TargetedKeyboardEvent, TargetedMouseEvent } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../icons/Icon";
import type { Card, FacetValue } from "../protocol";
import type { Store } from "../store/store";
import { firstLines, ordered } from "./arrangement";
import { barWidth } from "./bars";
import { canExcept, isPicked, type Pick, type Value } from "./picks";
import type { CardState, Opened } from "./slice";
import { stepThrough } from "./stepping";
import { countText, missingText } from "./wording";

/** Lines of an opened list that are seen without scrolling. */
const SEEN = 12;

/** The values of a card: grey for the dataset, in colour for the view. */
export function ValueList({ store, state }: { store: Store; state: CardState }) {
  const { facets } = store;
  const card = state.card.value;
  const opened = state.opened.value;
  const order = facets.orderOf(card);
  const places = useRef<Value[] | null>(null);
  // Lines that go by the view would move under the pointer with every pick.
  const still = order === "view" && facets.still.value;
  const isOn = (line: FacetValue) => isPicked(state.filter.value, line.value);
  const all = ordered(card.values, order, still ? places.current : null);
  places.current = all.map((line) => line.value);
  const first = firstLines(all, isOn);
  const lines = opened === null ? first : opened.values;
  const left = card.values.length - first.length + card.more;
  return (
    <>
      {opened !== null && <Search store={store} state={state} opened={opened} />}
      <Lines store={store} state={state} card={card} lines={lines} long={opened !== null} />
      {opened !== null && opened.more > 0 && (
        <p class="curate-values-note">and {opened.more.toLocaleString("en")} more: search to find them</p>
      )}
      {opened === null && left > 0 && (
        <button type="button" class="curate-link curate-values-more" onClick={() => facets.open(state)}>
          {left.toLocaleString("en")} more…
        </button>
      )}
      {opened !== null && (
        <button type="button" class="curate-link curate-values-more" onClick={() => facets.shut(state)}>
          fewer
        </button>
      )}
    </>
  );
}

function Search({ store, state, opened }: { store: Store; state: CardState; opened: Opened }) {
  const { facets } = store;
  const card = state.card.value;
  return (
    <div class="curate-values-search">
      <input
        type="search"
        class="curate-field"
        // biome-ignore lint/a11y/noAutofocus: whoever opens a list wants to look for something in it
        autoFocus
        aria-label={`Search the values of ${card.title}`}
        placeholder={`Search ${(card.values.length + card.more).toLocaleString("en")} values`}
        value={opened.contains}
        onInput={(event) => facets.type(state, event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          facets.shut(state);
        }}
      />
      {opened.failure !== null && (
        <p class="curate-values-note" role="alert">
          {opened.failure.message}
        </p>
      )}
      {!opened.loading && opened.failure === null && opened.values.length === 0 && (
        <p class="curate-values-note" role="status">
          No value contains <bdi>“{opened.contains.trim()}”</bdi>.
        </p>
      )}
    </div>
  );
}

interface LinesProps {
  store: Store;
  state: CardState;
  card: Card;
  lines: readonly FacetValue[];
  long: boolean;
}

function Lines({ store, state, card, lines, long }: LinesProps) {
  const filter = state.filter.value;
  const most = Math.max(1, ...card.values.map((line) => line.all), ...lines.map((line) => line.all));
  const without = card.missing_all > 0 || isPicked(filter, null);
  const picked = lines.findIndex((line) => isPicked(filter, line.value));
  const current = Math.max(picked, 0);

  return (
    <ul
      class="curate-values"
      data-long={long}
      // As high as it was when it was opened, whatever is found in it.
      style={long ? { height: `${Math.min(card.values.length + card.more, SEEN) * 22 + 4}px` } : undefined}
      aria-label={card.title}
      onKeyDown={stepThrough}
    >
      {lines.map((line, i) => (
        <li key={`${typeof line.value} ${line.value}`}>
          <Line
            card={card}
            line={line}
            most={most}
            on={isPicked(filter, line.value)}
            whole={store.facets.whole.value}
            stop={i === current}
            pick={(how) => store.facets.pick(state, line.value, how)}
          />
        </li>
      ))}
      {without && (
        <li key="none">
          <NoValue
            card={card}
            on={isPicked(filter, null)}
            whole={store.facets.whole.value}
            stop={lines.length === 0}
            pick={(how) => store.facets.pick(state, null, how)}
          />
        </li>
      )}
    </ul>
  );
}

interface LineProps {
  card: Card;
  line: FacetValue;
  /** The count that fills the width. Samples without a value have no bar: they may be many more than any value has. */
  most: number;
  on: boolean;
  /** The view is the whole dataset: one count says it all. */
  whole: boolean;
  /** Whether Tab comes here. */
  stop: boolean;
  pick: (how: Pick) => void;
}

/** The samples of a card that have no value. */
export function NoValue({ card, ...rest }: Omit<LineProps, "line" | "most">) {
  const { missing_all: all, missing_view: view } = card;
  return (
    <Line
      card={card}
      line={{ value: null, text: missingText(card), all, view, picked: false }}
      most={0}
      {...rest}
    />
  );
}

/** One value. A click picks it, with Ctrl it alone, with Alt everything but it. */
function Line({ card, line, most, on, whole, stop, pick }: LineProps) {
  const exact = (count: number) => count.toLocaleString("en");
  const text = line.text === "" ? "empty text" : line.text;
  const name = whole
    ? `${text}: ${exact(line.all)}`
    : `${text}: ${exact(line.view)} of ${exact(line.all)} in view`;
  const ways = canExcept(card) ? "\nCtrl: only this, Alt: all but this" : "\nCtrl: only this";
  const onClick = (event: TargetedMouseEvent<HTMLButtonElement>) => {
    pick(event.altKey ? "except" : event.ctrlKey || event.metaKey ? "only" : "toggle");
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLButtonElement>) => {
    // A key gives no modifiers to the click that it makes.
    if (event.key !== "Enter" || !(event.altKey || event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    pick(event.altKey ? "except" : "only");
  };
  return (
    <button
      type="button"
      class="curate-value"
      data-none={line.value === null || line.text === "" || undefined}
      data-empty={line.view === 0 || undefined}
      aria-pressed={on}
      title={name + ways}
      tabIndex={stop ? 0 : -1}
      onClick={onClick}
      onKeyDown={onKeyDown}
    >
      {line.value !== null && (
        <>
          <span class="curate-value-all" style={{ width: barWidth(line.all, most) }} />
          <span class="curate-value-view" style={{ width: barWidth(line.view, most) }} />
        </>
      )}
      <bdi class="curate-value-name">{text}</bdi> {on && <Icon name="check" />}
      <span class="curate-value-count curate-number">
        {!whole && (
          <>
            <span class="curate-value-here">{countText(line.view)}</span>/
          </>
        )}
        {countText(line.all)}
        {!whole && <span class="curate-unseen"> in view</span>}
      </span>
    </button>
  );
}
