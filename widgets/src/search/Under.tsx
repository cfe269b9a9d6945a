import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icons/Icon";
import type { Failure } from "../store/failure";
import type { Store } from "../store/store";
import type { Option } from "./complete";

interface Props {
  store: Store;
  names: { list: string; said: string };
  focused: boolean;
  options: readonly Option[];
  active: number;
  onTake: (option: Option) => void;
}

/** What is said under the search field: why it was refused, what an expression would do, and what could come next. */
export function Under({ store, names, focused, options, active, onTake }: Props) {
  const { search, core } = store;
  const list = useRef<HTMLDivElement>(null);
  const refused = core.editFailure.value;
  const where = search.mode.value === "where" && focused;
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div class="curate-under" hidden={refused === null && !where}>
      <div id={names.said} class="curate-said" role={refused ? "alert" : "status"}>
        {refused !== null ? (
          <>
            <Reason failure={refused} bad />
            <button
              type="button"
              class="curate-button curate-plain"
              aria-label="Dismiss"
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => {
                core.editFailure.value = null;
              }}
            >
              <Icon name="close" />
            </button>
          </>
        ) : (
          where && <Checked store={store} />
        )}
      </div>
      {where && (
        <div
          ref={list}
          id={names.list}
          class="curate-options"
          role="listbox"
          aria-label="Completions"
          hidden={options.length === 0}
        >
          {options.map((option, i) => (
            <div
              key={option.kind + option.label}
              id={`${names.list}-${i}`}
              class="curate-option"
              role="option"
              tabIndex={-1}
              aria-selected={i === active}
              // Not a click: the field would lose the focus, and the list would be gone before it came.
              onPointerDown={(event) => {
                event.preventDefault();
                onTake(option);
              }}
            >
              <bdi>{option.label}</bdi>
              <span class="curate-quiet">{option.detail}</span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

function Checked({ store }: { store: Store }) {
  const { search, core } = store;
  const count = search.checked.value;
  if (search.text.value.trim() === "") {
    return (
      <span class="curate-quiet">
        {search.wordless.value ? `${search.wordless.value}. ` : ""}Begin with a column; <kbd>↓</kbd> chooses,{" "}
        <kbd>Enter</kbd> adds.
      </span>
    );
  }
  if (count !== null) {
    const all = core.state.value?.count ?? count;
    return (
      <span>
        <b class="curate-number">{count.toLocaleString("en")}</b> of {all.toLocaleString("en")}{" "}
        {all === 1 ? "sample" : "samples"} would stay <span class="curate-quiet">· Enter adds it</span>
      </span>
    );
  }
  if (search.checkFailure.value !== null) return <Reason failure={search.checkFailure.value} />;
  return <span class="curate-quiet">Checking…</span>;
}

function Reason({ failure, bad = false }: { failure: Failure; bad?: boolean }) {
  return (
    <div class={bad ? "curate-reason curate-bad" : "curate-reason"}>
      <bdi>{failure.message}</bdi>
      {failure.hint && (
        <div class="curate-quiet">
          Hint: <bdi>{failure.hint}</bdi>
        </div>
      )}
    </div>
  );
}
