// Made from curate/widgets/protocol/ by `npm run protocol`. Change those files, never this one.

export const PAGE_ROWS = 64;
export const MAX_MESSAGE = 4194304;

/** Keep the samples that have one of these values; null stands for none. */
export interface Values {
  type: "values";
  values: (string | number | boolean | null)[];
}

/** Keep what is at least `low` and less than `high`; null is open. Times are seconds since 1970 (UTC). */
export interface Interval {
  type: "interval";
  low: number | null;
  high: number | null;
}

/** Look for words, or away from them, together with what is looked for already. */
export interface AddSearch {
  type: "add_search";
  words: string[];
  minus: string[];
}

/** Look for samples like these, or like the selection where `samples` is null. */
export interface AddExamples {
  type: "add_examples";
  samples: string[] | null;
  unlike?: boolean;
  alone?: boolean;
}

/** Look for samples like a picture that is not in the dataset: an image file, base64. */
export interface AddPicture {
  type: "add_picture";
  data: string;
}

/** Keep the samples for which one boolean SQL expression is true. */
export interface AddWhere {
  type: "add_where";
  sql: string;
}

/** Filter by a facet card; null takes its filter away. A column is the label field where the kind is "labels". */
export interface SetFacet {
  type: "set_facet";
  kind: "category" | "number" | "time" | "boolean" | "tags" | "labels";
  column: string;
  filter: Values | Interval | null;
}

/** Take away a step of the query, or one part of it (see `Chip`). */
export interface RemoveChip {
  type: "remove_chip";
  step: number;
  part: number;
}

/** Sort by a column or "score"; null gives the order of the search, or of ingest. */
export interface Sort {
  type: "sort";
  column: string | null;
  descending?: boolean;
}

/** Show the rows in groups of equal values of a column; null shows them in one. */
export interface Group {
  type: "group";
  column: string | null;
}

/** Show nothing but the selection (`keep`), or leave it out. */
export interface Narrow {
  type: "narrow";
  keep: boolean;
}

/** Show so many of those that the search found, the best ones; null shows all that could be scored. */
export interface Best {
  type: "best";
  count: number | null;
}

/** Back to the view that the widget was made with. */
export interface Clear {
  type: "clear";
}

/** The first message of a client, and the question whether the kernel is still there. */
export interface Hello {
  type: "hello";
  client: string;
  id: number;
}

/** A person looks at the widget again: see whether the dataset has changed. */
export interface Look {
  type: "look";
  client: string;
  id: number;
}

/** Ask the view again, because the dataset has changed. */
export interface Refresh {
  type: "refresh";
  client: string;
  id: number;
}

/** Change the query. Refused where `version` is not what is shown any more. */
export interface Edit {
  type: "edit";
  client: string;
  id: number;
  version: number;
  change: AddSearch | AddExamples | AddPicture | AddWhere | SetFacet | RemoveChip | Sort | Group | Narrow | Best | Clear;
}

/** Take back the last step of the query, or the last thing that was written. */
export interface Undo {
  type: "undo";
  client: string;
  id: number;
}

/** Do again what was undone last. */
export interface Redo {
  type: "redo";
  client: string;
  id: number;
}

/** Whether an expression can be a `where`, and how many samples of the view would stay. */
export interface Check {
  type: "check";
  client: string;
  id: number;
  sql: string;
}

/** The columns that a `where` may name, with frequent values: for completion, sorting and colours. */
export interface GetColumns {
  type: "get_columns";
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
  shapes?: boolean;
}

/** The groups of the rows, where the view is grouped. */
export interface GetGroups {
  type: "get_groups";
  client: string;
  id: number;
}

/** The tiles of points of the map. */
export interface GetTiles {
  type: "get_tiles";
  client: string;
  id: number;
  points: number[];
}

/** One sample: a large picture and what is known about it. */
export interface GetPicture {
  type: "get_picture";
  client: string;
  id: number;
  sample: string;
}

/** The samples of the whole dataset that are nearest to one. */
export interface GetNeighbours {
  type: "get_neighbours";
  client: string;
  id: number;
  sample: string;
  count?: number;
}

/** What was done with one sample, newest first. */
export interface GetHistory {
  type: "get_history";
  client: string;
  id: number;
  sample: string;
}

/** Change the selection by rows of version `version`: ranges, or every row of the view where `ranges` is null. */
export interface Select {
  type: "select";
  client: string;
  id: number;
  version: number;
  operation: "set" | "add" | "remove" | "toggle";
  ranges: [number, number][] | null;
}

/** Change the selection by sample ids; an empty list with "set" clears it. */
export interface SelectSamples {
  type: "select_samples";
  client: string;
  id: number;
  operation: "set" | "add" | "remove" | "toggle";
  samples: string[];
}

/** Change the selection by what a polygon on the map encloses (even-odd rule), in the map's own coordinates. */
export interface Lasso {
  type: "lasso";
  client: string;
  id: number;
  map: number;
  operation: "set" | "add" | "remove" | "toggle";
  polygon: [number, number][];
  everywhere?: boolean;
}

/** The selected rows of the view. */
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

/** Give samples a tag, or take it away: these, or the selection where `samples` is null. */
export interface Tag {
  type: "tag";
  client: string;
  id: number;
  name: string;
  remove?: boolean;
  samples?: string[] | null;
}

/** Save the selection or the whole view as a slice. */
export interface SaveSlice {
  type: "save_slice";
  client: string;
  id: number;
  name: string;
  note?: string;
  what?: "selection" | "view";
}

/** Put the selection or the view into a variable of the notebook. */
export interface ToPython {
  type: "to_python";
  client: string;
  id: number;
  what?: "selection" | "view";
}

/** Export the selection or the view in the background. */
export interface Export {
  type: "export";
  client: string;
  id: number;
  path: string;
  format: string;
  labels?: string | null;
  media?: "copy" | "hardlink" | "symlink" | "reference";
  overwrite?: boolean;
  what?: "selection" | "view";
}

/** What an export can be asked for: its formats and the label fields. */
export interface GetExports {
  type: "get_exports";
  client: string;
  id: number;
}

/** Make the map in the background; `again` also where there is one. */
export interface Project {
  type: "project";
  client: string;
  id: number;
  again?: boolean;
}

/** Stop what runs in the background, or forget what has ended. */
export interface StopJob {
  type: "stop_job";
  client: string;
  id: number;
  job: number;
}

/** All facet cards, or those of some columns, each counted over the dataset and over the view. */
export interface GetFacets {
  type: "get_facets";
  client: string;
  id: number;
  columns?: (["category" | "number" | "time" | "boolean" | "tags" | "labels", string])[] | null;
  after_edits?: boolean;
}

/** The values of a long card that contain a text: those most frequent in the dataset or in the view first, or by name. */
export interface GetValues {
  type: "get_values";
  client: string;
  id: number;
  kind: "category" | "number" | "time" | "boolean" | "tags" | "labels";
  column: string;
  contains: string;
  order?: "all" | "view" | "name";
}

/** Whether there is a map, and what of. */
export interface GetMap {
  type: "get_map";
  client: string;
  id: number;
}

/** One chunk of the points. */
export interface GetPoints {
  type: "get_points";
  client: string;
  id: number;
  map: number;
  chunk: number;
}

/** What one chunk of the points is coloured by. */
export interface GetColours {
  type: "get_colours";
  client: string;
  id: number;
  map: number;
  column: string;
  kind: "category" | "number" | "time" | "boolean" | "tags" | "labels";
  chunk: number;
}

/** Which points are in the view, and which are selected. */
export interface GetMasks {
  type: "get_masks";
  client: string;
  id: number;
  map: number;
}

/** What the crowded places of the map have in common, in words. */
export interface GetPlaces {
  type: "get_places";
  client: string;
  id: number;
  map: number;
}

/** How many samples of the dataset and of the view fall where, for maps of more points than are drawn. */
export interface GetDensity {
  type: "get_density";
  client: string;
  id: number;
  map: number;
}

/** How the hunt stands. `samples` are those that the browser is about to show: others may have answered them. */
export interface GetHunt {
  type: "get_hunt";
  client: string;
  id: number;
  samples?: string[];
}

/** Samples to be looked at next, with their thumbnails. */
export interface GetNext {
  type: "get_next";
  client: string;
  id: number;
  task: "hunt" | "audit" | "unsure" | "again";
  count: number;
  without?: string[];
}

/** Say of samples whether they are what is looked for. The last answer counts. */
export interface SetVerdict {
  type: "set_verdict";
  client: string;
  id: number;
  samples: string[];
  verdict: "yes" | "no" | "unsure";
  task: "hunt" | "audit" | "unsure" | "again";
}

/** Take back the last answer of this hunt. */
export interface TakeBack {
  type: "take_back";
  client: string;
  id: number;
}

/** Freeze the model and draw samples, to be answered blind: `count` among the most likely, `outside` of everything else. */
export interface StartAudit {
  type: "start_audit";
  client: string;
  id: number;
  count: number;
  outside: number;
}

/** Save what was found as a slice. */
export interface SaveFound {
  type: "save_found";
  client: string;
  id: number;
  name: string;
  note?: string;
}

/** What is wrong, by kind, in the dataset and in the view. */
export interface GetIssues {
  type: "get_issues";
  client: string;
  id: number;
}

/** Look for what is wrong, in the background. */
export interface FindIssues {
  type: "find_issues";
  client: string;
  id: number;
}

/** How it stands with what is there more than once. */
export interface GetDuplicates {
  type: "get_duplicates";
  client: string;
  id: number;
}

/** Look for what is there more than once, in the background. */
export interface FindDuplicates {
  type: "find_duplicates";
  client: string;
  id: number;
}

/** Groups `start` up to `stop`, at most 16. */
export interface GetDuplicateGroups {
  type: "get_duplicate_groups";
  client: string;
  id: number;
  start: number;
  stop: number;
}

/** Say of groups of one search that they are duplicates, or that they are not. One step to undo. */
export interface JudgeGroups {
  type: "judge_groups";
  client: string;
  id: number;
  search: string;
  groups: string[];
  verdict: "accepted" | "distinct";
  keep?: string | null;
}

/** Accept every open group from index `start` on, each with the proposed one kept. One step to undo. */
export interface AcceptFrom {
  type: "accept_from";
  client: string;
  id: number;
  search: string;
  start: number;
}

/** How the review stands at a threshold; null is the one that was set here last, and at first the search's own. */
export interface GetPairReview {
  type: "get_pair_review";
  client: string;
  id: number;
  threshold?: number | null;
}

/** Pairs at a threshold that nobody has answered, drawn at random so that they stand for all of them. */
export interface GetPairs {
  type: "get_pairs";
  client: string;
  id: number;
  threshold: number;
  count: number;
  without?: [string, string][];
}

/** Say of two samples whether they are the same. The last answer counts. */
export interface JudgePair {
  type: "judge_pair";
  client: string;
  id: number;
  left: string;
  right: string;
  verdict: "yes" | "no" | "unsure";
  threshold: number;
}

/** Take back the last answer of whoever works here. */
export interface TakeBackPair {
  type: "take_back_pair";
  client: string;
  id: number;
}

/** Which splits there are. */
export interface GetSplits {
  type: "get_splits";
  client: string;
  id: number;
}

/** A split and what its certificate says; without it, while that is still being worked out. */
export interface GetSplit {
  type: "get_split";
  client: string;
  id: number;
  name: string;
}

/** What a split can be asked for. */
export interface GetSplitForm {
  type: "get_split_form";
  client: string;
  id: number;
}

/** A part that is wanted, with its share of the samples, 0 to 1. */
export interface WantedPart {
  name: string;
  share: number;
}

/** Split the selection or the view, in the background. One step to undo. */
export interface MakeSplit {
  type: "make_split";
  client: string;
  id: number;
  name: string;
  parts: WantedPart[];
  stratify?: string[];
  group_by?: string[];
  leak?: "auto" | "off" | number;
  what?: "selection" | "view";
}

/** Write all parts of a split in the background, and verify what was written. */
export interface ExportSplit {
  type: "export_split";
  client: string;
  id: number;
  name: string;
  path: string;
  format: string;
  labels?: string | null;
  media?: "copy" | "hardlink" | "symlink" | "reference";
  overwrite?: boolean;
}

/** The answer to the request `target` of this client is no longer wanted. Never answered itself. */
export interface Cancel {
  type: "cancel";
  client: string;
  id: number;
  target: number;
}

/** One step of the query, or one part of a search, as a person reads it. */
export interface Chip {
  kind: "where" | "words" | "minus" | "like" | "unlike" | "tagged" | "untagged" | "sort" | "best" | "other";
  text: string;
  step: number;
  part: number;
  note: string;
}

/** Something that runs in the background. `text` says what came of it, or what went wrong, and `hint` what to do. */
export interface Job {
  id: number;
  kind: "project" | "export" | "issues" | "duplicates" | "split";
  title: string;
  done: number;
  total: number;
  state: "running" | "done" | "failed" | "stopped";
  text: string;
  hint: string;
}

/** What the view is. */
export interface State {
  type: "state";
  client: string;
  id: number;
  alive: boolean;
  version: number;
  rows: number;
  revision: number;
  dataset: string;
  count: number;
  total: number;
  python: string;
  chips: Chip[];
  sort: string | null;
  descending: boolean;
  order: string;
  group: string | null;
  scored: boolean;
  selected: number;
  selected_here: number;
  stale: boolean;
  undo: string;
  redo: string;
  encoder: string;
  has_text: boolean;
  writable: boolean;
  tags: string[];
  slices: string[];
  jobs: Job[];
}

/** The expression can be a `where`; `count` samples of the view would stay. */
export interface Checked {
  type: "checked";
  client: string;
  id: number;
  count: number;
}

/** A column that a `where` may name; `values` are frequent ones, as SQL. */
export interface Column {
  name: string;
  kind: "category" | "number" | "time" | "boolean" | "tags" | "labels" | "text" | "other";
  type: string;
  values: string[];
}

/** The columns of the view, in the order of the dataset; `fields` are its label fields. */
export interface Columns {
  type: "columns";
  client: string;
  id: number;
  columns: Column[];
  fields: string[];
}

/** A label with a place in the picture, in shares of its width and height. */
export interface Shape {
  field: string;
  kind: string;
  value: string;
  box: number[] | null;
  points: number[] | null;
  mask: string;
}

/** A short mark on a tile. */
export interface Badge {
  kind: "tag" | "label" | "issue";
  text: string;
}

/** One tile. */
export interface RowInfo {
  sample_id: string;
  name: string;
  status: string;
  error: string;
  score: number | null;
  badges: Badge[];
  shapes: Shape[];
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

/** Rows `start` up to `start + count` that have a value in common. */
export interface RowGroup {
  text: string;
  start: number;
  count: number;
}

/** The groups, in the order of the rows; empty where the view is not grouped. */
export interface Groups {
  type: "groups";
  client: string;
  id: number;
  version: number;
  column: string;
  groups: RowGroup[];
}

/** Tiles in the order asked for; fewer where their thumbnails passed 1 MB. Buffer: the thumbnails, JPEG. */
export interface Tiles {
  type: "tiles";
  client: string;
  id: number;
  tiles: RowInfo[];
}

/** One line of the metadata of a sample, both sides as text. */
export interface Field {
  name: string;
  value: string;
}

/** One label of a sample, and who says so. */
export interface LabelLine {
  field: string;
  value: string;
  kind: string;
  score: number | null;
  source: string;
  source_kind: string;
  time: string;
}

/** One sample at full size. Buffer: a JPEG of at most 1600 px, or empty. */
export interface Picture {
  type: "picture";
  client: string;
  id: number;
  version: number;
  row: number | null;
  sample_id: string;
  name: string;
  location: string;
  width: number;
  height: number;
  selected: boolean;
  tags: string[];
  fields: Field[];
  labels: LabelLine[];
  shapes: Shape[];
  note: string;
}

/** One thing that was done with a sample. `time` is ISO, UTC. */
export interface HistoryLine {
  what: string;
  actor: string;
  time: string;
  notebook: string;
  undone: boolean;
}

/** What was done, newest first; `more` says that there is older than was looked through. */
export interface History {
  type: "history";
  client: string;
  id: number;
  lines: HistoryLine[];
  more: boolean;
}

/** The selection after a change: how many, and how many of these in the view. */
export interface Selected {
  type: "selected";
  client: string;
  id: number;
  revision: number;
  count: number;
  here: number;
}

/** The selected rows. Buffer: int32 pairs `[start, stop)`, ascending, or one bit a row, whichever is smaller. */
export interface Selection {
  type: "selection";
  client: string;
  id: number;
  version: number;
  revision: number;
  count: number;
  here: number;
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

/** A slice was saved. */
export interface Saved {
  type: "saved";
  client: string;
  id: number;
  name: string;
  count: number;
}

/** The view is in the variable `name` of the notebook. */
export interface Named {
  type: "named";
  client: string;
  id: number;
  name: string;
  count: number;
}

/** Formats, label fields, and a path to begin with. `packed` are the formats that hold the pictures in files of their own. */
export interface Exports {
  type: "exports";
  client: string;
  id: number;
  formats: string[];
  packed: string[];
  fields: string[];
  path: string;
}

/** It runs in the background; `JobChanged` tells how far it is. */
export interface Started {
  type: "started";
  client: string;
  id: number;
  job: Job;
}

/** One value of a card: how many samples have it in the dataset and in the view. */
export interface FacetValue {
  value: string | number | boolean | null;
  text: string;
  all: number;
  view: number;
  picked: boolean;
}

/** A histogram. `edges` has one more than the counts; times are seconds since 1970 (UTC). */
export interface Bins {
  edges: number[];
  all: number[];
  view: number[];
  whole: boolean;
}

/** One facet: what is in the dataset and in the view. */
export interface Card {
  kind: "category" | "number" | "time" | "boolean" | "tags" | "labels";
  column: string;
  title: string;
  values: FacetValue[];
  more: number;
  bins: Bins | null;
  missing_all: number;
  missing_view: number;
  filter: Values | Interval | null;
  difference: number;
}

/** The cards; those whose view differs most from the dataset come first. */
export interface Facets {
  type: "facets";
  client: string;
  id: number;
  version: number;
  cards: Card[];
}

/** Values of one card. */
export interface FacetValues {
  type: "facet_values";
  client: string;
  id: number;
  version: number;
  values: FacetValue[];
  more: number;
}

/** The map of the current encoder. */
export interface MapState {
  type: "map_state";
  client: string;
  id: number;
  map: number;
  why: string;
  title: string;
  samples: number;
  points: number;
  missing: number;
  chunks: number;
  box: [number, number, number, number];
  density: boolean;
}

/** Points `start` up to `stop`. Buffer: float32, all x and then all y. */
export interface Points {
  type: "points";
  client: string;
  id: number;
  map: number;
  start: number;
  stop: number;
}

/** What a code stands for, and how many points have it. */
export interface LegendEntry {
  code: number;
  value: string | number | boolean | null;
  text: string;
  count: number;
}

/** Codes of points `start` up to `stop`. Buffer: uint16; 0 is no value. */
export interface Colours {
  type: "colours";
  client: string;
  id: number;
  map: number;
  start: number;
  stop: number;
  kind: "category" | "number" | "time";
  legend: LegendEntry[];
  low: number | null;
  high: number | null;
}

/** Bits, lowest first. Buffer: one bit a point for the view, filled up to whole bytes, and the same for the selection. */
export interface Masks {
  type: "masks";
  client: string;
  id: number;
  map: number;
  version: number;
  revision: number;
}

/** A crowded place of the map. */
export interface Place {
  x: number;
  y: number;
  text: string;
}

/** Places, the most crowded first. */
export interface Places {
  type: "places";
  client: string;
  id: number;
  places: Place[];
}

/** Counts on a raster over the box, rows from low y to high y. Buffer: uint32, the dataset's and then the view's. */
export interface Density {
  type: "density";
  client: string;
  id: number;
  map: number;
  version: number;
  width: number;
  height: number;
}

/** An audit whose samples are not all answered. */
export interface Audit {
  answered: number;
  count: number;
}

/** How a hunt stands. */
export interface HuntState {
  type: "hunt_state";
  client: string;
  id: number;
  version: number;
  name: string;
  looks_for: string;
  total: number;
  answered: number;
  found: number;
  rejected: number;
  unsure: number;
  curve: [number, number][];
  audit: Audit | null;
  again: number;
  estimate: string[];
  audited: boolean;
  advice: string[];
  undo: string;
  settled: string[];
}

/** Samples to be looked at, in order; none where there is nothing left to ask. Buffer: the thumbnails, JPEG. */
export interface NextSamples {
  type: "next_samples";
  client: string;
  id: number;
  task: "hunt" | "audit" | "unsure" | "again";
  tiles: RowInfo[];
}

/** An answer was taken back. Its samples, with what they are now: null where they have no answer. Buffer: the thumbnails. */
export interface TakenBack {
  type: "taken_back";
  client: string;
  id: number;
  tiles: RowInfo[];
  verdicts: ("yes" | "no" | "unsure" | null)[];
}

/** One kind of what may be wrong. */
export interface IssueKind {
  kind: string;
  title: string;
  column: string;
  about: string;
  all: number;
  view: number;
  picked: boolean;
}

/** What is wrong. */
export interface Issues {
  type: "issues";
  client: string;
  id: number;
  version: number;
  searched: boolean;
  at: string;
  why: string;
  samples: number;
  any_all: number;
  any_view: number;
  kinds: IssueKind[];
}

/** How it stands with what is there more than once. */
export interface DuplicatesState {
  type: "duplicates_state";
  client: string;
  id: number;
  version: number;
  searched: boolean;
  search: string;
  why: string;
  groups: number;
  open: number;
  accepted: number;
  distinct: number;
  exact: number;
  near: number;
  sequences: number;
  redundant: number;
  threshold: number | null;
  note: string;
  first_open: number;
}

/** One sample of a group. */
export interface DuplicateMember {
  tile: RowInfo;
  similarity: number | null;
  facts: string;
}

/** Samples that are the same. */
export interface DuplicateGroup {
  group: string;
  kind: "exact" | "near" | "sequence";
  state: "open" | "accepted" | "distinct";
  count: number;
  keep: string;
  best: string;
  why: string;
  similarity: number | null;
  span: string;
  members: DuplicateMember[];
}

/** Groups from `start`; at least one, and fewer than asked for where they have more than 64 pictures or 1 MB of them. */
export interface DuplicateGroups {
  type: "duplicate_groups";
  client: string;
  id: number;
  version: number;
  search: string;
  start: number;
  groups: DuplicateGroup[];
}

/** Two samples that may be the same. */
export interface PairInfo {
  left: RowInfo;
  right: RowInfo;
  similarity: number | null;
  cosine: number | null;
  distance: number | null;
  exact: boolean;
  verdict: "yes" | "no" | "unsure" | null;
}

/** How the review stands at one threshold. */
export interface PairReviewState {
  type: "pair_review_state";
  client: string;
  id: number;
  version: number;
  encoder: string;
  threshold: number;
  chosen: number;
  low: number;
  high: number;
  pairs: number;
  groups: number;
  redundant: number;
  edges: number[];
  altered: number[];
  distinct: number[];
  found: number[];
  reviewed: number;
  yes: number;
  no: number;
  unsure: number;
  left: number;
  precision: number | null;
  precision_low: number | null;
  precision_high: number | null;
  expected: number | null;
  wanted: number | null;
  undo: string;
  note: string;
}

/** Pairs to be looked at; none where there is nothing left to ask. Buffer: left, right, left, right …, JPEG. */
export interface Pairs {
  type: "pairs";
  client: string;
  id: number;
  pairs: PairInfo[];
}

/** An answer was taken back. The pair, with what stands of it now. Buffer: left, right, JPEG. */
export interface PairTakenBack {
  type: "pair_taken_back";
  client: string;
  id: number;
  pair: PairInfo;
}

/** A part, and how many samples it has. */
export interface PartSize {
  name: string;
  samples: number;
}

/** A split in the list of all. `at` is ISO, UTC. */
export interface SplitLine {
  name: string;
  at: string;
  actor: string;
  parts: PartSize[];
}

/** All splits, the newest first. */
export interface Splits {
  type: "splits";
  client: string;
  id: number;
  version: number;
  splits: SplitLine[];
  why: string;
}

/** A column that a split can look at; `values` of it are different ones, 0 where that is not known. */
export interface SplitColumn {
  name: string;
  kind: "category" | "number" | "time" | "boolean" | "labels";
  values: number;
}

/** What a split can be asked for. */
export interface SplitForm {
  type: "split_form";
  client: string;
  id: number;
  name: string;
  stratify: SplitColumn[];
  group_by: SplitColumn[];
  encoder: string;
}

/** A part with the samples that it should have and has. */
export interface SplitPart {
  name: string;
  wanted: number;
  got: number;
}

/** One thing that was promised, whether it holds, and the numbers. */
export interface SplitPromise {
  name: string;
  passed: boolean;
  text: string;
}

/** One class of a column. */
export interface SplitClass {
  value: string | null;
  total: number;
  counts: number[];
  shares: number[];
  share: number;
  deviation: number;
}

/** One balanced column. `more` classes are not listed, each nearer to its share. */
export interface SplitBalance {
  column: string;
  classes: SplitClass[];
  more: number;
  deviation: number;
}

/** Two samples of different parts that are as near as any. `by` is what was compared: "content", "vector" or "hash". */
export interface SplitPair {
  left: RowInfo;
  right: RowInfo;
  left_part: string;
  right_part: string;
  similarity: number;
  by: string;
}

/** Of so many samples of a part so many have a neighbour in the reference part, at a threshold. */
export interface SplitShare {
  part: string;
  threshold: number;
  samples: number;
  near: number;
}

/** Near-duplicates across parts. */
export interface SplitNearness {
  asked: string;
  threshold: number | null;
  encoder: string | null;
  across: number;
  copies: number;
  highest: number | null;
  reference: string;
  closest: SplitPair[];
  shares: SplitShare[];
  notes: string[];
}

/** A near pair that put two groups together; a group that had no name is called by "". */
export interface SplitJoin {
  left: string;
  right: string;
  similarity: number;
  left_group: string;
  right_group: string;
}

/** One of the largest groups: so many samples, of so many smaller ones, and the pairs that joined the largest of these. */
export interface SplitGroup {
  samples: number;
  groups: number;
  joins: SplitJoin[];
}

/** From when to when a part is; null where none of its samples has a time. */
export interface SplitTimes {
  part: string;
  first: string | null;
  last: string | null;
}

/** A split, and what holds for it. */
export interface SplitState {
  type: "split_state";
  client: string;
  id: number;
  version: number;
  name: string;
  event: string;
  checked: boolean;
  passed: boolean;
  parts: SplitPart[];
  unassigned: number;
  group_by: string[];
  groups: number | null;
  cut: number;
  seed: number | null;
  promises: SplitPromise[];
  warnings: string[];
  columns: SplitBalance[];
  nearness: SplitNearness | null;
  largest: SplitGroup[];
  times: SplitTimes[];
}

/** It was done, and there is nothing to say about it. */
export interface Done {
  type: "done";
  client: string;
  id: number;
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
  here: number;
}

/** The rows, or what is shown of them, changed: say hello again. */
export interface ViewChanged {
  type: "view_changed";
  version: number;
}

/** There is another map. */
export interface MapChanged {
  type: "map_changed";
}

/** Somebody answered, here or elsewhere, or the model has learned. */
export interface HuntChanged {
  type: "hunt_changed";
  version: number;
}

/** Something in the background went on. */
export interface JobChanged {
  type: "job_changed";
  job: Job;
}

/** Somebody has looked for issues again. */
export interface IssuesChanged {
  type: "issues_changed";
}

/** There was another search for duplicates, or a verdict on a group, or one was taken back. */
export interface DuplicatesChanged {
  type: "duplicates_changed";
  version: number;
}

/** A split was made, replaced or undone, or what holds for one has become known. */
export interface SplitsChanged {
  type: "splits_changed";
  version: number;
}

/** Somebody has answered a pair, or taken an answer back. */
export interface PairsChanged {
  type: "pairs_changed";
  version: number;
}

export type Request =
  | Hello
  | Look
  | Refresh
  | Edit
  | Undo
  | Redo
  | Check
  | GetColumns
  | GetPage
  | GetGroups
  | GetTiles
  | GetPicture
  | GetNeighbours
  | GetHistory
  | Select
  | SelectSamples
  | Lasso
  | GetSelection
  | GetIds
  | Tag
  | SaveSlice
  | ToPython
  | Export
  | GetExports
  | Project
  | StopJob
  | GetFacets
  | GetValues
  | GetMap
  | GetPoints
  | GetColours
  | GetMasks
  | GetPlaces
  | GetDensity
  | GetHunt
  | GetNext
  | SetVerdict
  | TakeBack
  | StartAudit
  | SaveFound
  | GetIssues
  | FindIssues
  | GetDuplicates
  | FindDuplicates
  | GetDuplicateGroups
  | JudgeGroups
  | AcceptFrom
  | GetPairReview
  | GetPairs
  | JudgePair
  | TakeBackPair
  | GetSplits
  | GetSplit
  | GetSplitForm
  | MakeSplit
  | ExportSplit
  | Cancel;

export type Reply =
  | State
  | Checked
  | Columns
  | Page
  | Groups
  | Tiles
  | Picture
  | History
  | Selected
  | Selection
  | Ids
  | Tagged
  | Saved
  | Named
  | Exports
  | Started
  | Done
  | Facets
  | FacetValues
  | MapState
  | Points
  | Colours
  | Masks
  | Places
  | Density
  | HuntState
  | NextSamples
  | TakenBack
  | Issues
  | DuplicatesState
  | DuplicateGroups
  | PairReviewState
  | Pairs
  | PairTakenBack
  | Splits
  | SplitState
  | SplitForm
  | Error;

export type Event =
  | SelectionChanged
  | ViewChanged
  | MapChanged
  | JobChanged
  | HuntChanged
  | IssuesChanged
  | DuplicatesChanged
  | SplitsChanged
  | PairsChanged;
