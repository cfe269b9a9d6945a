import type { Columns as Answer, Colours, GetColours } from "../protocol";

type CardKind = GetColours["kind"];

/** What the points are coloured by. The column is the label field where the kind is "labels". */
export interface Colour {
  readonly kind: CardKind;
  readonly column: string;
}

/** What the codes of the points mean. */
export interface Colouring extends Pick<Colours, "kind" | "legend" | "low" | "high"> {
  readonly colour: Colour;
}

export type Columns = Pick<Answer, "columns" | "fields">;

const FEW = 12;
const KINDS: readonly string[] = ["category", "number", "time", "boolean", "tags"];

/** What Curate itself knows of each file; a person's own column never has such a name. */
const OF_FILES = new Set([
  ...["status", "bytes", "mtime", "width", "height", "orientation", "captured_at", "latitude", "longitude"],
  ...["brightness", "contrast", "sharpness", "saturation", "entropy", "aspect", "video_frame", "ingested_at"],
]);

/** Numbers that name something and measure nothing, and the map's own axes. */
const POINTLESS = new Set(["sample_id", "phash", "projection_x", "projection_y"]);

/** Everything that points can be coloured by: the dataset's own columns and tags, its labels, what is known of the files. */
export function colours({ columns, fields }: Columns): { own: Colour[]; labels: Colour[]; files: Colour[] } {
  const usable = columns.filter((column) => KINDS.includes(column.kind) && !POINTLESS.has(column.name));
  const all = usable.map((column) => ({ kind: column.kind as CardKind, column: column.name }));
  return {
    own: all.filter(({ column }) => !OF_FILES.has(column)),
    labels: fields.map((column) => ({ kind: "labels" as const, column })),
    files: all.filter(({ column }) => OF_FILES.has(column)),
  };
}

/** What a map is coloured by before anybody chose: the first column of few categories. */
export function chooseColour({ columns }: Columns): Colour | null {
  const found = columns.find(
    ({ kind, name, values }) =>
      kind === "category" && !OF_FILES.has(name) && values.length > 1 && values.length <= FEW,
  );
  return found ? { kind: "category", column: found.name } : null;
}

/** The colour as it is saved with the notebook. */
export function writeColour(colour: Colour | null): string {
  return colour === null ? "" : `${colour.kind} ${colour.column}`;
}

/** The colour that was saved, where there still is such a column. */
export function readColour(saved: string, columns: Columns): Colour | null {
  const { own, labels, files } = colours(columns);
  return [...own, ...labels, ...files].find((colour) => writeColour(colour) === saved) ?? null;
}

/** The value of a point in words. */
export function wordsOf({ kind, legend, low, high }: Colouring, code: number): string {
  if (code === 0) return "no value";
  if (kind === "category") return legend.find((entry) => entry.code === code)?.text ?? "others";
  if (low === null || high === null) return "";
  const value = low + ((high - low) * (code - 1)) / 255;
  return kind === "time" ? time(value, high - low) : `≈ ${number(value)}`;
}

/** A number with as many digits as one reads at a glance. */
export function number(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: Math.abs(value) >= 10_000 ? 6 : 3 });
}

/** A moment of seconds since 1970 (UTC), as exact as a range of so many seconds asks for. */
export function time(value: number, range: number): string {
  const iso = new Date(value * 1000).toISOString();
  const day = 86_400;
  if (range > 2 * day) return iso.slice(0, 10);
  return `${iso.slice(0, 10)} ${iso.slice(11, range > 600 ? 16 : 19)}`;
}
