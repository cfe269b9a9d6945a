import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { placed } from "./placing";
import "./popover.css";

interface Props {
  /** What it opens from, and where the focus goes back to. */
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
  label: string;
  role?: "dialog" | "menu" | "listbox";
  align?: "start" | "end";
  id?: string;
  /** False leaves the focus where it is, as under a text field. */
  takesFocus?: boolean;
  class?: string;
  onKeyDown?: (event: KeyboardEvent) => void;
  children: ComponentChildren;
}

const FOCUSABLE = "input, textarea, select, button:not(:disabled), [tabindex='0']";

/** What takes the focus in something that opens. */
function first(element: HTMLElement): HTMLElement {
  const wanted = element.querySelector<HTMLElement>("[data-autofocus]");
  return wanted ?? element.querySelector<HTMLElement>(FOCUSABLE) ?? element;
}

/**
 * Something that lies over everything, in the top layer, so that no cell and no panel clips it. Escape, a press outside
 * and leaving it with the focus close it.
 */
export function Popover({
  anchor,
  onClose,
  label,
  role = "dialog",
  align = "start",
  id,
  takesFocus = true,
  class: extra = "",
  onKeyDown,
  children,
}: Props) {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    // A key opens it too, from a bar that may be below the edge of the window.
    const opener = anchor.current?.getBoundingClientRect();
    if (opener && (opener.bottom < 0 || opener.top > window.innerHeight)) {
      anchor.current?.scrollIntoView({ block: "nearest" });
    }
    element.showPopover?.();
    const place = () => {
      const button = anchor.current?.getBoundingClientRect();
      if (button === undefined) return;
      const { innerWidth: width, innerHeight: height } = window;
      // Scrolled out of the window, there is nothing that it belongs to.
      if (button.bottom < 0 || button.top > height) return close.current();
      const size = { width: element.offsetWidth, height: element.scrollHeight };
      const at = placed(button, size, { width, height }, align);
      element.style.left = `${at.left}px`;
      element.style.top = `${at.top}px`;
      element.style.maxHeight = `${at.maxHeight}px`;
    };
    place();
    const observer = new ResizeObserver(place);
    observer.observe(element);
    const onScroll = (event: Event) => {
      if (!(event.target instanceof Node) || !element.contains(event.target)) place();
    };
    window.addEventListener("scroll", onScroll, { capture: true, passive: true });
    window.addEventListener("resize", place);
    return () => {
      observer.disconnect();
      window.removeEventListener("scroll", onScroll, { capture: true });
      window.removeEventListener("resize", place);
    };
  }, [anchor, align]);

  // Not after the frame: letters that are typed at once are for the field, and not for what opened it.
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const opener = anchor.current;
    if (takesFocus) first(element).focus({ preventScroll: true });
    const outside = (target: EventTarget | null) =>
      target instanceof Node && !element.contains(target) && !(opener?.contains(target) ?? false);
    const onDown = (event: PointerEvent) => {
      if (outside(event.composedPath()[0] ?? null)) close.current();
    };
    const onFocus = (event: FocusEvent) => {
      if (takesFocus && outside(event.relatedTarget)) close.current();
    };
    document.addEventListener("pointerdown", onDown, { capture: true });
    element.addEventListener("focusout", onFocus);
    return () => {
      document.removeEventListener("pointerdown", onDown, { capture: true });
      element.removeEventListener("focusout", onFocus);
      // Where the focus was inside, it is nowhere once that is gone.
      const root = opener?.getRootNode() as Document | ShadowRoot | undefined;
      const active = root?.activeElement ?? null;
      if (active === null || active === document.body || element.contains(active)) {
        opener?.focus({ preventScroll: true });
      }
    };
  }, [anchor, takesFocus]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its role is given
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is given, and takes a name
    <div
      ref={box}
      id={id}
      // "manual": the browser's own "auto" would close it on a press inside a dialog that lies below.
      popover="manual"
      class={`curate-popover ${extra}`}
      role={role}
      aria-label={label}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          close.current();
        } else onKeyDown?.(event);
        event.stopPropagation();
      }}
    >
      {children}
    </div>
  );
}
