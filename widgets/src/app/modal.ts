import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** A dialog over everything for as long as it is there; whoever had the focus has it again afterwards. */
export function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  // At once: the next key is for the dialog.
  useLayoutEffect(() => {
    const element = dialog.current;
    const root = element?.getRootNode() as Document | ShadowRoot | undefined;
    const before = root?.activeElement;
    element?.showModal();
    // Not the first button: the space bar would press it.
    element?.focus();
    return () => {
      element?.close();
      // The browser gives the focus back where the dialog closes, and not where it is taken away.
      requestAnimationFrame(() => {
        const lost = root?.activeElement === null || root?.activeElement === document.body;
        if (before instanceof HTMLElement && before.isConnected && lost)
          before.focus({ preventScroll: true });
      });
    };
  }, []);
}
