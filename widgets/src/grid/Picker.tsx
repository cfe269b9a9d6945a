import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Popover } from "../app/Popover";
import { Icon } from "../icons/Icon";
import { type Choice, matching } from "./choosing";
import "./picker.css";

interface Props {
  /** What is chosen, in words. */
  label: string;
  title: string;
  choices: readonly Choice[];
  onOpen: () => void;
  onPick: (key: string) => void;
  /** What the button shows. */
  children: ComponentChildren;
}

/** A button that opens a list of choices with a filter. Typing filters, arrows move, Enter picks, Escape closes. */
export function Picker({ label, title, choices, onOpen, onPick, children }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = matching(choices, text);
  const current = found[at];

  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, open]);

  const toggle = () => {
    if (!open) {
      onOpen();
      setText("");
      setAt(
        Math.max(
          choices.findIndex(({ checked }) => checked),
          0,
        ),
      );
    }
    setOpen(!open);
  };
  const pick = (choice: Choice | undefined) => {
    if (choice === undefined || choice.disabled) return;
    setOpen(false);
    onPick(choice.key);
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class="curate-button curate-plain curate-picker"
        aria-haspopup="dialog"
        aria-expanded={open}
        title={title}
        onClick={toggle}
      >
        {children}
        <Icon name="down" />
      </button>
      {open && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={label} class="curate-choices">
          <input
            type="text"
            class="curate-field"
            role="combobox"
            autocomplete="off"
            spellcheck={false}
            placeholder="filter"
            aria-label={`Filter: ${label}`}
            aria-autocomplete="list"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-activedescendant={current ? `${id}-${at}` : undefined}
            value={text}
            onInput={(event) => {
              setText(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={(event) => {
              if (event.key === "ArrowDown") setAt(Math.min(at + 1, found.length - 1));
              else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
              else if (event.key === "Enter") pick(current);
              else return;
              event.preventDefault();
            }}
          />
          <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} class="curate-picks">
            {found.map((choice, i) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys of the whole list
              <div
                key={choice.key}
                id={`${id}-${i}`}
                role="option"
                aria-selected={i === at}
                aria-disabled={choice.disabled}
                // The field keeps the focus.
                onPointerDown={(event) => event.preventDefault()}
                onPointerMove={() => setAt(i)}
                onClick={() => pick(choice)}
              >
                <span class="curate-menu-mark">{choice.checked && <Icon name="check" />}</span>
                <bdi>{choice.label}</bdi>
                {choice.detail !== "" && (
                  <span class="curate-menu-detail">
                    <bdi>{choice.detail}</bdi>
                  </span>
                )}
              </div>
            ))}
          </div>
          {found.length === 0 && <p class="curate-quiet curate-none">No column has this in its name.</p>}
        </Popover>
      )}
    </>
  );
}
