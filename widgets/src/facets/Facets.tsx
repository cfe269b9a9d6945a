import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { DuplicatesCard } from "../duplicates/DuplicatesCard";
import { Icon } from "../icons/Icon";
import { IssuesCard } from "../issues/IssuesCard";
import { FailureNotice } from "../notice/Notice";
import type { Store } from "../store/store";
import { columnsOf, FIRST } from "./arrangement";
import { FacetCard } from "./FacetCard";
import { Glide } from "./glide";
import type { CardState } from "./slice";
import "./facets.css";

/** Cards are found by their name where there are more than this. */
const MANY = 8;
/** Room for one column of cards, in pixels. */
const COLUMN = 252;
/** Heights of the pieces of a card, as in facets.css. */
const HEAD = 48;
const LINE = 22;
const PLOT = 72;
const GHOSTS = [5, 3, 0, 4, 0];

/** What the columns of the dataset hold, and what they hold in the view. */
export function Facets({ store }: { store: Store }) {
  const { core, facets } = store;
  const state = core.state.value;
  const panel = useRef<HTMLDivElement>(null);
  const pointed = useRef(false);
  useEffect(() => facets.watch(), [facets]);

  // What was clicked has the focus for long; only whoever works with the keyboard is there with it.
  const inside = () => pointed.current || panel.current?.querySelector(":focus-visible") != null;
  const onPointer = (there: boolean) => {
    pointed.current = there;
    facets.attend(inside);
  };
  return (
    <div
      ref={panel}
      class="curate-facets"
      data-whole={facets.whole.value}
      onPointerEnter={() => onPointer(true)}
      onPointerLeave={() => onPointer(false)}
      onFocusIn={() => facets.attend(inside)}
      onFocusOut={() => facets.attend(inside)}
    >
      <div class="curate-facets-head">
        <p class="curate-facets-count curate-number">
          {state === null ? (
            <span class="curate-quiet">Counting…</span>
          ) : (
            <>
              <span
                class={state.count < state.total ? "curate-facets-here curate-some" : "curate-facets-here"}
              >
                {state.count.toLocaleString("en")}
              </span>{" "}
              of {state.total.toLocaleString("en")} in view
            </>
          )}
        </p>
        <ClearAll store={store} />
      </div>
      <Body store={store} />
      <p class="curate-unseen" aria-live="polite">
        {facets.said.value}
      </p>
    </div>
  );
}

function ClearAll({ store }: { store: Store }) {
  const { facets } = store;
  const count = facets.filtered.value.length;
  if (count === 0) return null;
  return (
    <button
      type="button"
      class="curate-link"
      aria-label={count === 1 ? "Clear the filter" : `Clear ${count} filters`}
      onClick={() => facets.clear()}
    >
      clear{count > 1 && ` ${count}`}
    </button>
  );
}

function Body({ store }: { store: Store }) {
  const { facets } = store;
  const failure = facets.failure.value;
  if (failure !== null) {
    return (
      <FailureNotice
        failure={failure}
        retry={() => void facets.load()}
        label="The facets cannot be counted"
      />
    );
  }
  if (!facets.arrived.value) return <Ghosts />;
  if (facets.cards.value.size === 0) {
    return (
      <div class="curate-facets-cards">
        <Cleaning store={store} />
        <p class="curate-facets-none curate-quiet" role="status">
          No column has values to choose from. Tags, labels and metadata that you add appear here.
        </p>
      </div>
    );
  }
  return <Cards store={store} />;
}

function Cards({ store }: { store: Store }) {
  const { facets } = store;
  const scroller = useRef<HTMLDivElement>(null);
  const glide = useRef(new Glide());
  const [count, setCount] = useState(1);
  const hidden = facets.hidden.value;
  const text = facets.contains.value.trim().toLowerCase();
  const states = facets.order.value
    .map((key) => facets.cards.value.get(key))
    .filter((state): state is CardState => state !== undefined);
  const shown = states.filter(
    (state) => !hidden.has(state.key) && state.card.peek().title.toLowerCase().includes(text),
  );
  const gone = states.filter((state) => hidden.has(state.key)).length;

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const measure = () => setCount(Math.max(Math.floor(element.clientWidth / COLUMN), 1));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Cards that change their place go there, and are not just somewhere else.
  useLayoutEffect(() => {
    if (scroller.current !== null) glide.current.moved(scroller.current);
  });

  const columns = columnsOf(shown, (state) => heightOf(state, facets.collapsed.value), count);
  return (
    <>
      {states.length > MANY && (
        <div class="curate-facets-search">
          <Icon name="search" />
          <input
            type="search"
            class="curate-field"
            aria-label="Find a card by its name"
            placeholder={`Find among ${states.length} columns`}
            value={facets.contains.value}
            onInput={(event) => {
              facets.contains.value = event.currentTarget.value;
            }}
          />
        </div>
      )}
      <div class="curate-facets-cards" ref={scroller} data-columns={count}>
        {text === "" && <Cleaning store={store} />}
        {columns.map((column, i) => (
          <div class="curate-facets-column" key={i}>
            {column.map((state) => (
              <FacetCard
                key={state.key}
                store={store}
                state={state}
                height={heightOf(state, facets.collapsed.value)}
              />
            ))}
          </div>
        ))}
        {shown.length === 0 && text !== "" && (
          <p class="curate-facets-none curate-quiet" role="status">
            No column is called <bdi>“{facets.contains.value.trim()}”</bdi>.
          </p>
        )}
        {gone > 0 && text === "" && (
          <button type="button" class="curate-link curate-facets-hidden" onClick={() => facets.unhide()}>
            show {gone === 1 ? "the hidden card" : `${gone} hidden cards`}
          </button>
        )}
      </div>
    </>
  );
}

/** What is wrong, and what is there twice, before what there is. */
function Cleaning({ store }: { store: Store }) {
  return (
    <>
      <IssuesCard store={store} />
      {store.core.part === "explorer" && <DuplicatesCard store={store} />}
    </>
  );
}

/** How high a card is, in pixels; it must not hang on the view, or cards would change columns with it. */
function heightOf(state: CardState, collapsed: ReadonlySet<string>): number {
  if (collapsed.has(state.key)) return HEAD;
  const card = state.card.peek();
  const without = card.missing_all > 0 ? LINE : 0;
  if (card.bins !== null) return HEAD + PLOT + without;
  const lines = card.values.length > FIRST + 1 || card.more > 0 ? FIRST + 1 : card.values.length;
  return HEAD + lines * LINE + without;
}

function Ghosts() {
  return (
    <div class="curate-facets-cards curate-facets-ghosts" aria-busy="true">
      <span class="curate-unseen" role="status">
        The facets are being counted
      </span>
      {GHOSTS.map((lines, i) => (
        <div class="curate-card" key={i} aria-hidden="true">
          <i class="curate-ghost curate-ghost-title" />
          {lines === 0 ? (
            <i class="curate-ghost curate-ghost-plot" />
          ) : (
            Array.from({ length: lines }, (_, line) => (
              <i class="curate-ghost" key={line} style={{ width: `${100 - line * 17}%` }} />
            ))
          )}
        </div>
      ))}
    </div>
  );
}
