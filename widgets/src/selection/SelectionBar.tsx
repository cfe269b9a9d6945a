import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Menu, type MenuEntry } from "../app/Menu";
import { Popover } from "../app/Popover";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { ExportForm } from "./ExportForm";
import { SaveForm } from "./SaveForm";
import { READ_ONLY } from "./slice";
import { TagForm } from "./TagForm";
import { Toast } from "./Toast";
import "./selection.css";

/** Actions that there is no room for go into the menu: the last of these first. */
const FOLDING = ["tag", "save", "similar", "exclude", "export"] as const;
type Folding = (typeof FOLDING)[number];
/** Room in CSS pixels that the words on the left, the menu and "To Python" take. */
const KEPT_PX = 470;
const ROOM: Record<Folding, number> = { tag: 60, save: 96, export: 74, similar: 124, exclude: 80 };

const number = (value: number) => value.toLocaleString("en");

/** How many of how many are selected, and what can be done with them. Always as high, so that the first click moves nothing. */
export function SelectionBar({ store }: { store: Store }) {
  const { core, selection } = store;
  const bar = useRef<HTMLElement>(null);
  const more = useRef<HTMLSpanElement>(null);
  const buttons = { tag: useRef(null), save: useRef(null), export: useRef(null) };
  const [width, setWidth] = useState(0);
  const state = core.state.value;
  const there = state !== null;

  useLayoutEffect(() => {
    const element = bar.current;
    if (element === null) return undefined;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [there]);

  if (state === null) return null;
  const { count, writable } = state;
  const selected = selection.selected.value;
  const here = selection.here.value;
  const some = selected > 0;
  const acting = selection.acting.value || core.busy.value;
  const visible = fitting(width);
  const folded = (name: Folding) => !visible.includes(name);
  const opened = selection.opened.value;
  const whole = some ? "" : ` (all ${number(count)} in view)`;

  const actions: Record<Folding, { label: string; title: string; disabled: boolean; act: () => void }> = {
    tag: {
      label: "Tag",
      title: writable ? "Give the selection a tag, or take it away (t)" : READ_ONLY,
      disabled: !some || !writable,
      act: () => selection.open("tag", null),
    },
    save: {
      label: "Save slice",
      title: writable ? `Save as a slice${whole}` : READ_ONLY,
      disabled: !writable || count === 0,
      act: () => selection.open("save", null),
    },
    similar: {
      label: "More like these",
      title:
        state.encoder === ""
          ? "This dataset has no vectors; ds.embed() makes them"
          : "Look for samples like these",
      disabled: !some || state.encoder === "",
      act: () => selection.similar(),
    },
    exclude: {
      label: "Exclude",
      title: "Leave the selection out of the view (e)",
      disabled: !some,
      act: () => selection.narrow(false),
    },
    export: {
      label: "Export",
      title: `Export${whole}`,
      disabled: count === 0 && !some,
      act: () => selection.open("export", null),
    },
  };

  const entries: MenuEntry[] = [
    ...FOLDING.filter(folded).map((name) => {
      const { label, disabled, act } = actions[name];
      const detail = !writable && (name === "tag" || name === "save") ? "reading only" : "";
      return {
        label: `${label}${name === "similar" || name === "exclude" ? "" : "…"}`,
        detail,
        disabled,
        onPick: act,
      };
    }),
    ...(FOLDING.some(folded) ? (["line"] as const) : []),
    { label: "Only these", detail: "o", disabled: !some, onPick: () => selection.narrow(true) },
    { label: "Invert in view", disabled: count === 0, onPick: () => selection.invert() },
    {
      label: "Drop those outside the view",
      disabled: selection.outside.value === 0,
      onPick: () => selection.dropOutside(),
    },
    { label: "Copy ids", disabled: !some, onPick: () => void selection.copyIds() },
  ];

  const button = (name: Folding) => {
    if (folded(name)) return null;
    const { label, title, disabled, act } = actions[name];
    const form = name === "tag" || name === "save" || name === "export";
    return (
      <button
        key={name}
        {...(form ? { ref: buttons[name] } : {})}
        type="button"
        class="curate-button"
        title={title}
        aria-haspopup={form ? "dialog" : undefined}
        aria-expanded={form ? opened?.form === name : undefined}
        disabled={disabled}
        // Not `disabled`: a button that has just been pressed would lose the focus.
        aria-disabled={acting}
        onClick={() => (opened?.form === name ? selection.close() : act())}
      >
        {label}
      </button>
    );
  };

  return (
    <footer ref={bar} class="curate-bottom" role="group" aria-label="Selection">
      <Count store={store} />
      {here < count && (
        <button
          type="button"
          class="curate-link"
          title="Select all in view (Ctrl A)"
          onClick={() => selection.selectAll()}
        >
          all {number(count)}
        </button>
      )}
      {some && (
        <button
          type="button"
          class="curate-link"
          title="Select nothing (Esc)"
          onClick={() => selection.clear()}
        >
          clear
        </button>
      )}
      <span class="curate-between" />
      {FOLDING.map(button)}
      <span ref={more}>
        <Menu label="More actions" title="More actions" entries={entries} align="end" class="curate-plain">
          <Icon name="more" />
        </Menu>
      </span>
      <button
        type="button"
        class="curate-button curate-strong"
        title={some ? "Put the selection into a variable" : `Put the view into a variable${whole}`}
        disabled={count === 0 && !some}
        aria-disabled={acting}
        onClick={() => void selection.toPython()}
      >
        To Python
      </button>
      {opened && (
        <Popover
          key={opened.form}
          anchor={folded(opened.form) ? more : buttons[opened.form]}
          onClose={() => selection.close()}
          label={opened.form === "tag" ? "Tag" : opened.form === "save" ? "Save slice" : "Export"}
          align="end"
          class="curate-form"
        >
          {opened.form === "tag" ? (
            <TagForm store={store} />
          ) : opened.form === "save" ? (
            <SaveForm store={store} />
          ) : (
            <ExportForm store={store} />
          )}
        </Popover>
      )}
      <Toast store={store} />
    </footer>
  );
}

/** How many of how many. */
function Count({ store }: { store: Store }) {
  const { selection, core } = store;
  const count = core.state.value?.count ?? 0;
  const [here, outside] = [selection.here.value, selection.outside.value];
  return (
    <span class="curate-selected" role="status">
      {here + outside === 0 ? (
        <span class="curate-quiet">
          None selected<span class="curate-whole">: actions take the view</span>
        </span>
      ) : (
        <>
          <b>{number(here)} selected</b> <span class="curate-quiet">of {number(count)} in view</span>
          {outside > 0 && (
            <span class="curate-quiet curate-outside">
              {" "}
              + {number(outside)} outside<span class="curate-whole"> the view</span>
            </span>
          )}
        </>
      )}
    </span>
  );
}

/** The actions that a bar of some width has room for. */
export function fitting(width: number): readonly Folding[] {
  const kept: Folding[] = [];
  let room = width - KEPT_PX;
  // "Tag" and "Export" are worth their room more than what stands between them.
  for (const name of ["tag", "save", "export", "similar", "exclude"] as const) {
    room -= ROOM[name];
    if (room < 0) break;
    kept.push(name);
  }
  return kept;
}
