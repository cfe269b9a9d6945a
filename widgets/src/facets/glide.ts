const MS = 220;

interface Place {
  left: number;
  top: number;
}

/** Lets elements with a `data-key` slide from where they were to where they are, unless somebody wants less motion. */
export class Glide {
  private before = new Map<string, Place>();
  private order = "";

  /** The elements inside `root` may have changed their places. */
  moved(root: HTMLElement): void {
    const elements = [...root.querySelectorAll<HTMLElement>("[data-key]")];
    const after = new Map(elements.map((element) => [keyOf(element), placeOf(element)]));
    const order = elements.map(keyOf).join("\n");
    // A card that grew pushes the others down at once; only another order makes them slide.
    const reordered = this.order !== "" && order !== this.order;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (reordered && !still) {
      for (const element of elements)
        slide(element, this.before.get(keyOf(element)), after.get(keyOf(element)));
    }
    this.before = after;
    this.order = order;
  }
}

function slide(element: HTMLElement, from: Place | undefined, to: Place | undefined): void {
  if (from === undefined || to === undefined || (from.left === to.left && from.top === to.top)) return;
  const transform = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  element.animate([{ transform }, { transform: "none" }], {
    duration: MS,
    easing: "cubic-bezier(0.2, 0, 0, 1)",
  });
}

function keyOf(element: HTMLElement): string {
  return element.dataset.key ?? "";
}

function placeOf(element: HTMLElement): Place {
  return { left: element.offsetLeft, top: element.offsetTop };
}
