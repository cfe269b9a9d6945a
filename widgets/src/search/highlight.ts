/** Python in pieces that are coloured: only what a query is written with. */
export interface Piece {
  kind: "string" | "number" | "comment" | "call" | "word" | "plain";
  text: string;
}

const PATTERN =
  /(#[^\n]*)|("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\b(\d[\d_.]*(?:e[+-]?\d+)?)\b|\b(True|False|None|import|from|as)\b|([A-Za-z_]\w*)(?=\()|[^#"'\d\w]+|\w+|[\s\S]/gu;
const KINDS: Piece["kind"][] = ["comment", "string", "number", "word", "call"];

/** Every letter of the code is in exactly one piece. */
export function highlighted(code: string): Piece[] {
  const pieces: Piece[] = [];
  for (const match of code.matchAll(PATTERN)) {
    const group = match.slice(1).findIndex((part) => part !== undefined);
    const kind = KINDS[group] ?? "plain";
    const last = pieces.at(-1);
    if (kind === "plain" && last?.kind === "plain") last.text += match[0];
    else pieces.push({ kind, text: match[0] });
  }
  return pieces;
}
