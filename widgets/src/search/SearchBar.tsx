import type { TargetedDragEvent, TargetedKeyboardEvent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Switch } from "../app/Switch";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { Chips } from "./Chips";
import { type Completion, complete, type Option, taken } from "./complete";
import { pictureIn } from "./picture";
import { SAMPLE_TYPE, type SearchMode } from "./slice";
import { Under } from "./Under";
import "./search.css";

const NOTHING: Completion = { start: 0, stop: 0, options: [] };

/** One field that takes words, an expression, a picture or a sample, and holds every step of the query as a chip. */
export function SearchBar({ store }: { store: Store }) {
  const { search, core } = store;
  const field = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [option, setOption] = useState(-1);
  const [closed, setClosed] = useState(false);
  const [over, setOver] = useState(false);
  const mode = search.mode.value;
  const text = search.text.value;
  const focused = caret !== null;
  const columns = search.columns.value?.columns ?? [];
  const completion =
    mode === "where" && focused && !closed && columns.length > 0 ? complete(text, caret, columns) : NOTHING;
  const active = completion.options[option];
  // Where nothing is begun, Tab leaves the field, or nobody would get out of it by keys.
  const begun = completion.stop > completion.start;
  const names = { list: `options-${core.rpc.client}`, said: `checked-${core.rpc.client}` };

  const times = search.focused.value;
  useLayoutEffect(() => {
    if (times > 0) field.current?.focus();
  }, [times]);
  useEffect(() => {
    if (focused && mode === "where") void search.loadColumns();
  }, [focused, mode]);

  // A taken option moves the caret, which only can be where the new text is there.
  const next = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (next.current !== null) field.current?.setSelectionRange(next.current, next.current);
    next.current = null;
  }, [text]);

  const take = (chosen: Option) => {
    const after = taken(text, completion, chosen);
    next.current = after.caret;
    search.type(after.text);
    setCaret(after.caret);
    setOption(-1);
    field.current?.focus();
  };

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    const { options } = completion;
    const { key } = event;
    const control = event.ctrlKey || event.metaKey;
    const first = event.currentTarget.selectionStart === 0 && event.currentTarget.selectionEnd === 0;
    if (key === "F6" || (control && ["z", "Z", "y"].includes(key) && text === "")) return;
    event.stopPropagation();
    if (event.isComposing || control || event.altKey) return;
    if (key === "ArrowDown" && mode === "where") {
      setClosed(false);
      setOption(options.length === 0 ? -1 : (option + 1) % options.length);
    } else if (key === "ArrowUp" && options.length > 0) {
      setOption(option <= 0 ? options.length - 1 : option - 1);
    } else if (key === "Enter") {
      if (active) take(active);
      else {
        void search.submit();
        setClosed(true);
      }
    } else if (key === "Tab" && !event.shiftKey && options.length > 0 && (active || begun)) {
      take(active ?? (options[0] as Option));
    } else if (key === "Escape" && options.length > 0) {
      setClosed(true);
      setOption(-1);
    } else if (key === "Escape" && (text !== "" || core.editFailure.peek() !== null)) {
      search.type("");
    } else if (key === "Escape") {
      event.currentTarget.blur();
    } else if (key === "Backspace" && text === "") {
      void search.removeLast();
    } else if (key === "ArrowLeft" && first) {
      const buttons = event.currentTarget.closest(".curate-search")?.querySelectorAll(".curate-chips button");
      const visible = [...(buttons ?? [])].filter(
        (button) => (button as HTMLElement).checkVisibility?.({ visibilityProperty: true }) ?? true,
      );
      const last = visible.at(-1);
      if (!(last instanceof HTMLElement)) return;
      last.focus();
    } else {
      return;
    }
    event.preventDefault();
  };

  const takes = (event: DragEvent) => {
    const types = event.dataTransfer?.types ?? [];
    return types.includes(SAMPLE_TYPE) || types.includes("Files");
  };
  const onDrop = (event: TargetedDragEvent<HTMLDivElement>) => {
    setOver(false);
    if (!takes(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const sample = event.dataTransfer?.getData(SAMPLE_TYPE) ?? "";
    const picture = pictureIn(event.dataTransfer);
    if (/^\d{1,19}$/.test(sample)) void search.like([sample]);
    else if (picture !== null) void search.likePicture(picture);
    else
      core.editFailure.value = {
        message: "Only pictures can be looked for.",
        hint: "drop a JPEG, PNG or WebP",
      };
  };

  return (
    <search
      class={`curate-search${over ? " curate-is-over" : ""}`}
      onDragOver={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node) || !event.currentTarget.contains(to)) setOver(false);
      }}
      onDrop={onDrop as never}
    >
      <div
        class="curate-search-field"
        data-mode={mode}
        // A press between the chips means the field.
        onPointerDown={(event) => {
          if (event.target !== event.currentTarget) return;
          event.preventDefault();
          field.current?.focus();
        }}
      >
        <span class={`curate-search-mark${core.busy.value ? " curate-is-busy" : ""}`}>
          <Icon name={mode === "where" ? "filter" : "search"} />
        </span>
        <Chips store={store} onLeave={() => field.current?.focus()} />
        <input
          ref={field}
          class="curate-search-input"
          type="text"
          name="search"
          role={mode === "where" ? "combobox" : undefined}
          aria-label={mode === "where" ? "Expression that samples have to fit" : "Words to look for"}
          aria-describedby={names.said}
          aria-invalid={core.editFailure.value !== null || search.checkFailure.value !== null}
          {...(mode === "where" && {
            "aria-autocomplete": "list" as const,
            "aria-expanded": completion.options.length > 0,
            "aria-controls": names.list,
            "aria-activedescendant": active ? `${names.list}-${option}` : undefined,
          })}
          placeholder={over ? "Drop it to find what looks like it" : placeholder(store)}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          maxLength={10_000}
          value={text}
          onInput={(event) => {
            setClosed(false);
            setOption(-1);
            setCaret(event.currentTarget.selectionStart);
            search.type(event.currentTarget.value);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onFocus={(event) => {
            setClosed(false);
            setCaret(event.currentTarget.selectionStart);
          }}
          onBlur={() => {
            setCaret(null);
            setOption(-1);
          }}
          onKeyDown={onKeyDown}
        />
        {!focused && text === "" && core.state.value?.chips.length === 0 && <kbd class="curate-slash">/</kbd>}
        <PictureButton store={store} />
        <Switch<SearchMode>
          label="What is typed"
          class="curate-search-mode"
          choices={[
            {
              name: "words",
              label: "words",
              title: search.wordless.value || "Words that describe pictures",
              disabled: search.wordless.value !== "",
            },
            {
              name: "where",
              label: "where",
              title: "An expression on columns, in SQL; typing = first does the same",
            },
          ]}
          value={mode}
          onChange={(chosen) => {
            search.setMode(chosen);
            field.current?.focus();
          }}
        />
      </div>
      <Under
        store={store}
        names={names}
        focused={focused && !(closed && text === "")}
        options={completion.options}
        active={option}
        onTake={take}
      />
    </search>
  );
}

function placeholder(store: Store): string {
  const { search, core } = store;
  if (core.state.value === null) return "";
  if (search.mode.value === "where") return "column = value …";
  return core.state.value.chips.length > 0 ? "words, −words" : "words, −words, or paste a picture";
}

function PictureButton({ store }: { store: Store }) {
  const input = useRef<HTMLInputElement>(null);
  const why = store.search.pictureless.value;
  return (
    <>
      <button
        type="button"
        class="curate-button curate-plain curate-in-field"
        aria-label="Search by a picture"
        title={why || "Search by a picture: choose a file, paste one, or drop one here"}
        disabled={why !== ""}
        onClick={() => input.current?.click()}
      >
        <Icon name="image" />
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void store.search.likePicture(file);
        }}
      />
    </>
  );
}
