import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Popover } from "../app/Popover";
import { Icon } from "../icons/Icon";
import { completions } from "../selection/completion";
import type { Failure } from "../store/failure";
import type { Store } from "../store/store";
import { Section } from "./Section";

/** The tags of the sample: each can be taken away, and another given. */
export function Tags({ store, tags }: { store: Store; tags: readonly string[] }) {
  const { inspector, core } = store;
  const [failure, setFailure] = useState<Failure | null>(null);
  const pending = inspector.tagging.value;
  const sample = inspector.opened.value?.sampleId;
  const writable = core.state.value?.writable ?? false;
  useEffect(() => setFailure(null), [sample]);
  const change = async (name: string, remove: boolean) => setFailure(await inspector.tag(name, remove));
  const coming = pending.filter((tag) => !tags.includes(tag));
  return (
    <Section title="Tags">
      <ul class="curate-tags">
        {tags.map((tag) => (
          <li key={tag} class="curate-tag" data-pending={pending.includes(tag)}>
            <bdi>{tag}</bdi>
            {writable && (
              <button
                type="button"
                aria-label={`Take the tag ${tag} away`}
                title="Take the tag away"
                disabled={pending.includes(tag)}
                onClick={() => void change(tag, true)}
              >
                <Icon name="close" />
              </button>
            )}
          </li>
        ))}
        {coming.map((tag) => (
          <li key={tag} class="curate-tag" data-pending="true">
            <bdi>{tag}</bdi>
          </li>
        ))}
        {writable && (
          <li>
            <TagField store={store} held={[...tags, ...pending]} give={(tag) => void change(tag, false)} />
          </li>
        )}
        {!writable && tags.length === 0 && <li class="curate-quiet">none</li>}
      </ul>
      {failure && (
        <p class="curate-facts-failure" role="alert">
          <bdi>{failure.message}</bdi> {failure.hint && <bdi>Hint: {failure.hint}</bdi>}
        </p>
      )}
    </Section>
  );
}

/** "+ tag": a button that becomes a field, with the tags that there are to choose from. */
function TagField({
  store,
  held,
  give,
}: {
  store: Store;
  held: readonly string[];
  give: (tag: string) => void;
}) {
  const { core, selection } = store;
  const id = useId();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [at, setAt] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  // At once: what is typed next is for the field.
  useLayoutEffect(() => {
    if (open) field.current?.focus({ preventScroll: true });
  }, [open]);

  if (!open) {
    return (
      <button ref={button} type="button" class="curate-tag-add" onClick={() => setOpen(true)}>
        + tag
      </button>
    );
  }
  const known = (core.state.value?.tags ?? []).filter((tag) => !held.includes(tag));
  const recent = selection.recent.value.filter((tag) => !held.includes(tag));
  const offered = completions(text, known, recent);
  const add = (tag: string) => {
    const name = tag.trim();
    if (name !== "" && !held.includes(name)) give(name);
    setText("");
    setAt(-1);
  };
  const close = () => {
    setOpen(false);
    setText("");
    setAt(-1);
    requestAnimationFrame(() => button.current?.focus({ preventScroll: true }));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    // Past either end is the field itself.
    const move = (step: number) => setAt(((at + 1 + step + offered.length + 1) % (offered.length + 1)) - 1);
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter") add(offered[at] ?? text);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  return (
    <>
      <input
        ref={field}
        type="text"
        name="tag"
        class="curate-tag-field"
        role="combobox"
        aria-label="A tag for this sample"
        aria-autocomplete="list"
        aria-expanded={offered.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setAt(-1);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => {
          setOpen(false);
          setText("");
        }}
      />
      {offered.length > 0 && (
        <Popover
          anchor={field}
          id={`${id}-list`}
          role="listbox"
          label="Tags"
          takesFocus={false}
          class="curate-menu"
          onClose={() => field.current?.blur()}
        >
          {offered.map((tag, i) => (
            <div
              key={tag}
              id={`${id}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === at}
              class="curate-menu-line curate-tag-option"
              // The field keeps the focus.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => add(tag)}
              onKeyDown={onKeyDown}
            >
              <bdi>{tag}</bdi>
            </div>
          ))}
        </Popover>
      )}
    </>
  );
}
