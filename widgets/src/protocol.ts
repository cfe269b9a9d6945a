// Made from curate/widgets/protocol.py by `npm run protocol`. Change that file, never this one.

export const PAGE_ROWS = 64;
export const MAX_MESSAGE = 4194304;

/** The first message of a client, and the question whether the kernel is still there. */
export interface Hello {
  type: "hello";
  client: string;
  id: number;
}

/** Rows `start` up to `stop`, at most 64, with their thumbnails. */
export interface GetPage {
  type: "get_page";
  client: string;
  id: number;
  start: number;
  stop: number;
}

/** One sample: a large picture and what is known about it. */
export interface GetPicture {
  type: "get_picture";
  client: string;
  id: number;
  row: number;
}

/** Change the selection: rows by ranges, or every row of the view where `ranges` is null. */
export interface Select {
  type: "select";
  client: string;
  id: number;
  operation: "set" | "add" | "remove" | "toggle";
  ranges: [number, number][] | null;
}

/** The whole selection, for a client that did not make it. */
export interface GetSelection {
  type: "get_selection";
  client: string;
  id: number;
}

/** The sample ids of the selection, at most 10,000. */
export interface GetIds {
  type: "get_ids";
  client: string;
  id: number;
}

/** Give the selected samples a tag, or take it away. */
export interface Tag {
  type: "tag";
  client: string;
  id: number;
  name: string;
  remove?: boolean;
}

/** Ask the view again, because the dataset has changed. */
export interface Refresh {
  type: "refresh";
  client: string;
  id: number;
}

/** The answer to the request `target` of this client is no longer wanted. Never answered itself. */
export interface Cancel {
  type: "cancel";
  client: string;
  id: number;
  target: number;
}

/** One step of the query, as a person reads it. */
export interface Chip {
  kind: "where" | "words" | "minus" | "like" | "unlike" | "tagged" | "untagged" | "other";
  text: string;
}

/** What the view is. */
export interface State {
  type: "state";
  client: string;
  id: number;
  alive: boolean;
  version: number;
  count: number;
  total: number;
  python: string;
  chips: Chip[];
  order: string;
  scored: boolean;
  selected: number;
  stale: boolean;
}

/** One tile. */
export interface RowInfo {
  sample_id: string;
  name: string;
  status: string;
  error: string;
  score: number | null;
  tags: string[];
  width: number;
  height: number;
  bytes: number;
}

/** Rows from `start`; fewer than asked for where their thumbnails passed 1 MB. Buffer: the thumbnails, JPEG. */
export interface Page {
  type: "page";
  client: string;
  id: number;
  version: number;
  start: number;
  rows: RowInfo[];
  stale: boolean;
}

/** One line of the metadata of a sample, both sides as text. */
export interface Field {
  name: string;
  value: string;
}

/** One sample at full size. Buffer: a JPEG of at most 1600 px, or empty. */
export interface Picture {
  type: "picture";
  client: string;
  id: number;
  row: number;
  sample_id: string;
  name: string;
  tags: string[];
  fields: Field[];
  note: string;
}

/** The selection after a change. */
export interface Selected {
  type: "selected";
  client: string;
  id: number;
  revision: number;
  count: number;
}

/** The whole selection. Buffer: int32 pairs `[start, stop)`, ascending, or one bit a row, whichever is smaller. */
export interface Selection {
  type: "selection";
  client: string;
  id: number;
  revision: number;
  count: number;
  encoding: "ranges" | "bitmap";
}

/** Sample ids in the order of the view; `count` is how many are selected. */
export interface Ids {
  type: "ids";
  client: string;
  id: number;
  ids: string[];
  count: number;
}

/** How many samples the tag was new to, or was taken from. */
export interface Tagged {
  type: "tagged";
  client: string;
  id: number;
  name: string;
  changed: number;
}

/** The request failed and changed nothing. */
export interface Error {
  type: "error";
  client: string;
  id: number;
  message: string;
  hint: string;
}

/** The selection changed. `origin` is the client that did it, or empty where Python did. */
export interface SelectionChanged {
  type: "selection_changed";
  origin: string;
  revision: number;
  count: number;
}

/** The rows, or what is shown of them, changed: say hello again. */
export interface ViewChanged {
  type: "view_changed";
  version: number;
}

export type Request =
  | Hello
  | GetPage
  | GetPicture
  | Select
  | GetSelection
  | GetIds
  | Tag
  | Refresh
  | Cancel;

export type Reply =
  | State
  | Page
  | Picture
  | Selected
  | Selection
  | Ids
  | Tagged
  | Error;

export type Event =
  | SelectionChanged
  | ViewChanged;
