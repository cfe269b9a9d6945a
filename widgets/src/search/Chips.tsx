import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Menu } from "../app/Menu";
import { Popover } from "../app/Popover";
import { Icon } from "../icons/Icon";
import type { Chip } from "../protocol";
import type { Store } from "../store/store";
import { shown } from "./fitting";

const SIGNS: Record<Chip["kind"], string> = {
  where: "",
  words: "",
  minus: "− ",
  like: "like ",
  unlike: "unlike ",
  tagged: "#",
  untagged: "not #",
  sort: "",
  best: "",
  other: "",
};

/** How many of a search may be shown. */
const BEST = [50, 200, 1000, 5000, 20_000];

/** The chip as one line of text. */
export function chipText(chip: Chip): string {
  return SIGNS[chip.kind] + chip.text;
}

/**
 * The steps of the query. Those that do not fit are behind a "+n". `onLeave` takes the focus when there is nothing left of
 * the chip that had it, or an arrow key leaves them.
 */
export function Chips({ store, onLeave }: { store: Store; onLeave: () => void }) {
  const list = useRef<HTMLUListElement>(null);
  const more = useRef<HTMLButtonElement>(null);
  const [room, setRoom] = useState({ fitting: Number.POSITIVE_INFINITY, slack: 0 });
  const [open, setOpen] = useState(false);
  const chips = store.core.state.value?.chips ?? [];

  useLayoutEffect(() => {
    const element = list.current;
    if (element === null) return undefined;
    const measure = () => {
      const ends = [...element.children].map(
        (child) => (child as HTMLElement).offsetLeft + (child as HTMLElement).offsetWidth,
      );
      const fitting = shown(ends, element.clientWidth);
      const slack = fitting < ends.length ? Math.max(element.clientWidth - (ends[fitting - 1] ?? 0), 0) : 0;
      setRoom((was) => (was.fitting === fitting && was.slack === slack ? was : { fitting, slack }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [chips]);

  if (chips.length === 0) return null;
  const fitting = Math.min(room.fitting, chips.length);
  const hidden = chips.slice(fitting);
  const focusChip = (at: number) => {
    const button = list.current?.children[at]?.querySelector("button");
    if (button && at < fitting) button.focus();
    else onLeave();
  };
  const onKeyDown = (event: KeyboardEvent, at: number) => {
    if (event.key === "ArrowLeft") focusChip(Math.max(at - 1, 0));
    else if (event.key === "ArrowRight") focusChip(at + 1);
    else if (event.key === "Delete" || event.key === "Backspace") remove(at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const remove = (at: number) => {
    const chip = chips[at];
    if (chip === undefined) return;
    void store.search.remove(chip).then((done) => {
      if (done) focusChip(Math.min(at, (store.core.state.peek()?.chips.length ?? 0) - 1));
    });
  };

  return (
    <>
      <ul ref={list} class="curate-chips" aria-label="Steps of the query">
        {chips.map((chip, i) => (
          <ChipLine
            key={`${chip.kind} ${chip.text} ${i}`}
            chip={chip}
            hidden={i >= fitting}
            store={store}
            onRemove={() => remove(i)}
            onKeyDown={(event) => onKeyDown(event, i)}
          />
        ))}
      </ul>
      {hidden.length > 0 && (
        <button
          ref={more}
          type="button"
          class="curate-chip-more"
          style={{ marginInlineStart: `-${room.slack}px` }}
          aria-haspopup="dialog"
          aria-expanded={open}
          aria-label={`${hidden.length} more steps`}
          onClick={() => setOpen(!open)}
        >
          +{hidden.length}
        </button>
      )}
      {open && hidden.length > 0 && (
        <Popover anchor={more} onClose={() => setOpen(false)} label="Steps of the query">
          <ul class="curate-chip-column">
            {chips.map((chip, i) => (
              <ChipLine
                key={`${chip.kind} ${chip.text} ${i}`}
                chip={chip}
                hidden={false}
                store={store}
                onRemove={() => void store.search.remove(chip)}
              />
            ))}
          </ul>
        </Popover>
      )}
    </>
  );
}

function ChipLine({
  chip,
  hidden,
  store,
  onRemove,
  onKeyDown,
}: {
  chip: Chip;
  hidden: boolean;
  store: Store;
  onRemove: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}) {
  const text = chipText(chip);
  return (
    <li
      class={`curate-chip curate-chip-${chip.kind}`}
      style={hidden ? { visibility: "hidden" } : undefined}
      title={chip.note === "" ? text : `${text}\n${chip.note}`}
    >
      {chip.note !== "" && (
        <span class="curate-chip-note" role="img" aria-label={chip.note}>
          <Icon name="warning" />
        </span>
      )}
      {chip.kind === "best" ? <Best store={store} text={text} /> : <bdi>{text}</bdi>}
      <button type="button" aria-label={`Remove ${text}`} onClick={onRemove} onKeyDown={onKeyDown}>
        <Icon name="close" />
      </button>
    </li>
  );
}

/** A search scores everything; this says how many of it are shown. */
function Best({ store, text }: { store: Store; text: string }) {
  const total = store.core.state.value?.total ?? 0;
  const shown = Number(text.replace(/\D/g, ""));
  return (
    <Menu
      label={`${text}: how many of the search are shown`}
      class="curate-chip-menu"
      entries={[
        { heading: "Show of the search" },
        ...BEST.filter((count) => count < total).map((count) => ({
          label: `the best ${count.toLocaleString("en")}`,
          checked: count === shown,
          onPick: () => void store.search.best(count),
        })),
        { label: "all that could be scored", checked: false, onPick: () => void store.search.best(null) },
      ]}
    >
      {text}
      <Icon name="down" />
    </Menu>
  );
}
