import type { Column } from "../protocol";

/** What can be put in the place of `[start, stop)` of the text. */
export interface Option {
  /** What is shown. */
  label: string;
  /** What is typed. */
  insert: string;
  kind: "column" | "value" | "operator";
  /** Said quietly beside it. */
  detail: string;
}

export interface Completion {
  start: number;
  stop: number;
  options: Option[];
}

export interface Token {
  kind: "name" | "string" | "number" | "sign";
  text: string;
  start: number;
  stop: number;
  /** A quote that nobody closed. */
  open: boolean;
}

const MOST = 60;
const COMPARES = new Set(["=", "==", "<>", "!=", "<", "<=", ">", ">=", "like", "ilike"]);
const WORDS = new Set(
  "and or not in is null like ilike between true false case when then else end distinct from".split(" "),
);
const SIGNS: Record<string, string[]> = {
  category: ["=", "<>", "in (", "is null", "is not null"],
  text: ["=", "ilike '%", "in (", "is null", "is not null"],
  number: ["<", ">", "<=", ">=", "=", "between ", "is null", "is not null"],
  time: ["<", ">=", "between ", "is null", "is not null"],
  boolean: ["= true", "= false", "is null"],
};

/** What people ask for first; ids, paths and hashes are text, and come last. */
const RANKS: Column["kind"][] = ["category", "tags", "boolean", "number", "time", "labels", "text", "other"];

/** SQL as far as completion has to understand it. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern =
    /'(?:[^']|'')*('?)|"(?:[^"]|"")*("?)|[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d*)?|<>|!=|<=|>=|==|[^\s]/gu;
  for (const match of text.matchAll(pattern)) {
    const [piece] = match;
    const quote = piece[0] === "'" || piece[0] === '"';
    const open = quote && (piece.length === 1 || (piece[0] === "'" ? match[1] : match[2]) === "");
    const kind =
      piece[0] === "'"
        ? "string"
        : piece[0] === '"' || /^[\p{L}_]/u.test(piece)
          ? "name"
          : /^\d/.test(piece)
            ? "number"
            : "sign";
    found.push({ kind, text: piece, start: match.index, stop: match.index + piece.length, open });
  }
  return found;
}

/** A column's name as SQL reads it. */
export function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !WORDS.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** What may come at the caret: names of columns, values of the column that is compared, or what joins them. */
export function complete(text: string, caret: number, columns: readonly Column[]): Completion {
  const all = tokens(text);
  const touched = all.find(
    ({ kind, start, stop, open }) =>
      kind !== "sign" && start < caret && (caret < stop || (caret === stop && (open || kind !== "string"))),
  );
  const before = all.filter(({ stop }) => stop <= (touched?.start ?? caret));
  const [start, stop] = touched ? [touched.start, touched.stop] : [caret, caret];
  const typed = touched ? text.slice(touched.start, caret) : "";
  const spaced = touched !== undefined || start === 0 || /[\s(]/.test(text[start - 1] as string);
  const options = offered(before, columns, touched)
    .filter((option) => fits(option, typed))
    .sort((a, b) => Number(begins(b, typed)) - Number(begins(a, typed)))
    .slice(0, MOST)
    .map((option) => (spaced ? option : { ...option, insert: ` ${option.insert}` }));
  // What is typed already need not be offered.
  return { start, stop, options: options.filter(({ insert }) => insert.trim() !== text.slice(start, stop)) };
}

/** The text and the caret after an option was taken. */
export function taken(text: string, completion: Completion, option: Option): { text: string; caret: number } {
  const rest = text.slice(completion.stop);
  const insert = option.insert + (/[\s(%]$/.test(option.insert) || /^[\s)]/.test(rest) ? "" : " ");
  return { text: text.slice(0, completion.start) + insert + rest, caret: completion.start + insert.length };
}

function offered(before: Token[], columns: readonly Column[], touched: Token | undefined): Option[] {
  const last = before.at(-1);
  const compared = comparedColumn(before, columns);
  if (compared !== null) return values(compared, last?.text === "," && compared.kind === "tags" ? ")" : "");
  if (touched?.kind === "string" || touched?.kind === "number") return [];
  const word = last?.text.toLowerCase() ?? "";
  const column = last === undefined ? undefined : named(last, columns);
  if (column !== undefined) return (SIGNS[column.kind] ?? []).map((sign) => operator(sign, ""));
  const ended =
    last !== undefined &&
    (last.kind === "string" ||
      last.kind === "number" ||
      word === ")" ||
      word === "null" ||
      word === "true" ||
      word === "false");
  if (ended) return [operator("and ", "both are true"), operator("or ", "one is true")];
  const names = columns.toSorted((a, b) => RANKS.indexOf(a.kind) - RANKS.indexOf(b.kind)).map(nameOption);
  return word === "not" ? names : [...names, operator("not ", "the opposite")];
}

/** The column whose values belong at the end of `before`: behind a comparison, in a list, in a call of list_contains. */
function comparedColumn(before: Token[], columns: readonly Column[]): Column | null {
  const texts = before.map(({ text }) => text.toLowerCase());
  const last = texts.at(-1) ?? "";
  if (COMPARES.has(last) || last === "between") {
    const at = texts.at(-2) === "not" ? -3 : -2;
    return named(before.at(at), columns) ?? null;
  }
  if (last === "and" && texts.at(-3) === "between") return named(before.at(-4), columns) ?? null;
  if (last !== "(" && last !== ",") return null;
  const open = texts.lastIndexOf("(");
  if (texts.slice(open).includes(")")) return null;
  if (texts[open - 1] === "in")
    return named(before[texts[open - 2] === "not" ? open - 3 : open - 2], columns) ?? null;
  if (texts[open - 1]?.startsWith("list_contains") && last === ",")
    return named(before[open + 1], columns) ?? null;
  return null;
}

function named(token: Token | undefined, columns: readonly Column[]): Column | undefined {
  if (token?.kind !== "name" || token.open) return undefined;
  const name = token.text.startsWith('"') ? token.text.slice(1, -1).replaceAll('""', '"') : token.text;
  return columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
}

function nameOption(column: Column): Option {
  const name = quoted(column.name);
  const insert = column.kind === "tags" ? `list_contains(${name}, ` : name;
  return { label: column.name, insert, kind: "column", detail: column.type.toLowerCase() };
}

function values(column: Column, end: string): Option[] {
  return column.values.map((value) => ({ label: value, insert: value + end, kind: "value", detail: "" }));
}

function operator(text: string, detail: string): Option {
  return {
    label: text.trim().replace(" '%", " '%…%'").replace("(", "(…)"),
    insert: text,
    kind: "operator",
    detail,
  };
}

function bare(text: string): string {
  return text.replaceAll(/['"]/g, "").toLowerCase();
}

function fits(option: Option, typed: string): boolean {
  return bare(option.label).includes(bare(typed));
}

function begins(option: Option, typed: string): boolean {
  return bare(option.label).startsWith(bare(typed));
}
