/**
 * Colours that people with any colour vision tell apart, light enough to be read on dark and outlined to be seen on light:
 * after Okabe and Ito, "Color Universal Design" (2008), the dark ones made lighter. None is the amber of what is selected.
 */
const COLOURS = [
  "#56b4e9",
  "#2fd0a0",
  "#f0e442",
  "#ff8078",
  "#e79fd0",
  "#a7c7ff",
  "#b6e05f",
  "#b8a5ff",
  "#8ee3ef",
  "#ffffff",
];

/** Gives each value of the labels a colour of its own, the same wherever it is drawn, as long as there are any. */
export class Palette {
  private readonly taken = new Map<string, number>();

  colour(value: string): string {
    return COLOURS[this.place(value)] as string;
  }

  /** Whether something of this value has been drawn. */
  knows(value: string): boolean {
    return this.taken.has(value);
  }

  private place(value: string): number {
    const known = this.taken.get(value);
    if (known !== undefined) return known;
    const used = new Set(this.taken.values());
    // The first choice depends on nothing but the value, so that it nearly always has the same colour in every notebook.
    let place = hash(value) % COLOURS.length;
    if (used.size < COLOURS.length) while (used.has(place)) place = (place + 1) % COLOURS.length;
    this.taken.set(value, place);
    return place;
  }
}

function hash(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) >>> 0;
  return sum;
}
