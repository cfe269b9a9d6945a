import { computed, signal } from "@preact/signals";
import type { Core } from "../store/core";
import { DEFAULT_SHARE, type Size, sizeOf } from "./arrangement";
import { nextPart } from "./parts";

export type Mode = "both" | "grid" | "map" | "duplicates" | "splits";
const MODES: readonly Mode[] = ["both", "grid", "map", "duplicates", "splits"];
export type Panel = "facets" | "inspector";

/** What stands where: the panels, the mode, the line between map and grid, and what lies over them. */
export class ShellSlice {
  readonly help = signal(false);
  readonly height = signal(560);
  readonly size = signal<Size>("wide");
  /** "screen": the browser shows nothing but this. "page": it covers the page, where the browser refuses that. */
  readonly full = signal<"no" | "screen" | "page">("no");
  /** The panel that lies over the centre where there is no room beside it. */
  readonly over = signal<Panel | null>(null);
  private root: HTMLElement | null = null;
  /** How the samples were shown before the duplicates or the splits took their place. */
  private former: Mode = "both";

  readonly mode = computed<Mode>(() => {
    const mode = this.core.layout.get("mode", "both");
    return MODES.find((one) => one === mode) ?? "both";
  });
  /** The share of the map in the height of the centre. */
  readonly share = computed(() => this.core.layout.get("share", DEFAULT_SHARE));

  constructor(private readonly core: Core) {
    core.model.on("change:height", this.readHeight);
    this.readHeight();
  }

  dispose(): void {
    this.core.model.off("change:height", this.readHeight);
    this.leave();
  }

  /** The widget's root element is there, or is gone. */
  attach(root: HTMLElement | null): void {
    this.root = root;
  }

  /** The root element has another width. */
  measure(width: number): void {
    const size = sizeOf(width);
    if (size === this.size.peek()) return;
    this.size.value = size;
    this.over.value = null;
  }

  setMode(mode: Mode): void {
    if (this.samples) this.former = this.mode.peek();
    this.core.layout.set("mode", mode);
  }

  /** Back to the samples of the view, where something else is shown in their place. */
  toSamples(): void {
    if (!this.samples) this.setMode(this.former);
  }

  private get samples(): boolean {
    return !["duplicates", "splits"].includes(this.mode.peek());
  }

  setShare(share: number): void {
    this.core.layout.set("share", share);
  }

  /** Whether a panel has no room of its own, and lies over the centre when it is open. */
  floats(panel: Panel): boolean {
    const size = this.size.value;
    return panel === "facets" ? size === "narrow" : size !== "wide";
  }

  isOpen(panel: Panel): boolean {
    return this.floats(panel) ? this.over.value === panel : this.core.layout.get(panel, true);
  }

  toggle(panel: Panel): void {
    const open = !this.isOpen(panel);
    if (this.floats(panel)) this.over.value = open ? panel : null;
    else this.core.layout.set(panel, open);
  }

  /** Put away what lies over the centre, and go back to the button that opened it; false where nothing does. */
  putAway(): boolean {
    const was = this.over.peek();
    if (was === null) return false;
    this.over.value = null;
    this.root?.querySelector<HTMLElement>(`[data-panel="${was}"]`)?.focus();
    return true;
  }

  /** Take the focus to the next part of the widget, or to the one before; false where there is none. */
  goToPart(step: 1 | -1): boolean {
    const { root } = this;
    if (root === null) return false;
    const { activeElement } = root.getRootNode() as Document | ShadowRoot;
    const next = nextPart(root, activeElement, step);
    next?.focus();
    return next !== null;
  }

  // Full screen

  async enter(): Promise<void> {
    const { root } = this;
    if (root === null) return;
    try {
      await root.requestFullscreen();
      this.full.value = "screen";
    } catch {
      // Refused, as in a frame that was not allowed to: then as much of the page as there is.
      this.full.value = "page";
      root.setAttribute("popover", "manual");
      root.showPopover?.();
    }
  }

  leave(): void {
    const before = this.full.peek();
    this.full.value = "no";
    if (before === "screen" && document.fullscreenElement !== null) void document.exitFullscreen();
    if (before === "page") {
      this.root?.hidePopover?.();
      this.root?.removeAttribute("popover");
    }
  }

  /** The browser has left the full screen by itself: by Escape, or because another element has it. */
  left(): void {
    if (this.full.peek() === "screen" && this.fullElement() !== this.root) this.full.value = "no";
  }

  private fullElement(): Element | null {
    const root = this.root?.getRootNode();
    return root instanceof ShadowRoot ? root.fullscreenElement : document.fullscreenElement;
  }

  private readonly readHeight = (): void => {
    this.height.value = Number(this.core.model.get("height") ?? 560);
  };
}
