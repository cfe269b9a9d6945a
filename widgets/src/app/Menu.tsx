import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "../icons/Icon";
import { Popover } from "./Popover";

export interface MenuItem {
  label: string;
  /** Said quietly at the end of the line: a count, a key. */
  detail?: string;
  icon?: IconName;
  /** Where it is given, this is one of several choices, or a switch. */
  checked?: boolean;
  disabled?: boolean;
  onPick: () => void;
}

/** A list of actions is divided by lines, or by headings. */
export type MenuEntry = MenuItem | { heading: string } | "line";

interface Props {
  /** What the menu is of, for whoever cannot see it. */
  label: string;
  entries: readonly MenuEntry[];
  /** What the button shows. */
  children: ComponentChildren;
  align?: "start" | "end";
  class?: string;
  title?: string;
  disabled?: boolean;
}

/** A button that opens a list of actions. Arrows, Home, End and first letters move; Escape closes. */
export function Menu({
  label,
  entries,
  children,
  align = "start",
  class: extra = "",
  title,
  disabled,
}: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);

  const onKeyDown = (event: KeyboardEvent) => {
    const box = event.currentTarget as HTMLElement;
    const items = [...box.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)')];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = (index: number) => items[(index + items.length) % items.length]?.focus();
    if (event.key === "ArrowDown") next(at + 1);
    else if (event.key === "ArrowUp") next(at <= 0 ? items.length - 1 : at - 1);
    else if (event.key === "Home") next(0);
    else if (event.key === "End") next(items.length - 1);
    else if (event.key === "Tab") return setOpen(false);
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== " ") {
      const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
      const letter = event.key.toLowerCase();
      rest.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class={`curate-button ${extra}`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={title}
        disabled={disabled}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || open) return;
          event.preventDefault();
          event.stopPropagation();
          setOpen(true);
        }}
      >
        {children}
      </button>
      {open && (
        <Popover
          anchor={button}
          onClose={() => setOpen(false)}
          label={label}
          role="menu"
          align={align}
          class="curate-menu"
          onKeyDown={onKeyDown}
        >
          {entries.map((entry, i) =>
            entry === "line" ? (
              <hr key={i} />
            ) : "heading" in entry ? (
              <div key={entry.heading} class="curate-menu-heading" role="presentation">
                {entry.heading}
              </div>
            ) : (
              <MenuLine key={entry.label} item={entry} close={() => setOpen(false)} />
            ),
          )}
        </Popover>
      )}
    </>
  );
}

function MenuLine({ item, close }: { item: MenuItem; close: () => void }) {
  const choice = item.checked !== undefined;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is given, and can be checked
    <button
      type="button"
      class="curate-menu-line"
      role={choice ? "menuitemradio" : "menuitem"}
      aria-checked={choice ? item.checked : undefined}
      disabled={item.disabled}
      tabIndex={-1}
      data-autofocus={item.checked || undefined}
      onPointerMove={(event) => event.currentTarget.focus({ preventScroll: true })}
      onClick={() => {
        close();
        item.onPick();
      }}
    >
      <span class="curate-menu-mark">
        {item.checked ? <Icon name="check" /> : item.icon && <Icon name={item.icon} />}
      </span>
      <bdi>{item.label}</bdi>
      {item.detail && <span class="curate-menu-detail">{item.detail}</span>}
    </button>
  );
}
