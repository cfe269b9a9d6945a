/** What a person typed into the search bar, taken apart. */

export interface Asked {
  words: string[];
  minus: string[];
}

/** The signs for "not": hyphen, minus, and the dashes that keyboards of phones make of them. */
const SIGNS = "-−–—";
const QUOTES: Record<string, string> = { '"': '"', "“": "”", "„": "“", "«": "»" };

/**
 * Words and, behind a minus sign, what to look away from. Words that stand together are one phrase; quotes make a phrase
 * of their own. A sign inside a word is part of it: "close-up".
 */
export function parse(text: string): Asked {
  const asked: Asked = { words: [], minus: [] };
  const plain: string[] = [];
  for (const { sign, quoted, word } of pieces(text)) {
    if (sign) asked.minus.push(word);
    else if (quoted) asked.words.push(word);
    else plain.push(word);
  }
  if (plain.length > 0) asked.words.unshift(plain.join(" "));
  return { words: unique(asked.words), minus: unique(asked.minus) };
}

interface Piece {
  sign: boolean;
  quoted: boolean;
  word: string;
}

function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  const letters = Array.from(text.normalize("NFC"));
  let at = 0;
  while (at < letters.length) {
    if (/\s/.test(letters[at] as string)) {
      at++;
      continue;
    }
    const sign = SIGNS.includes(letters[at] as string);
    if (sign) at++;
    const close = QUOTES[letters[at] ?? ""];
    let word = "";
    if (close !== undefined) {
      for (at++; at < letters.length && letters[at] !== close; at++) word += letters[at];
      at++;
    } else {
      for (; at < letters.length && !/\s/.test(letters[at] as string); at++) word += letters[at];
    }
    word = word.trim().replaceAll(/\s+/g, " ");
    if (word !== "") found.push({ sign, quoted: close !== undefined, word });
  }
  return found;
}

function unique(words: string[]): string[] {
  return [...new Set(words)];
}
