const MOST = 8;

/** Tags to choose from: those that begin with what was typed, then those that hold it, each with recent ones first. */
export function completions(typed: string, known: readonly string[], recent: readonly string[]): string[] {
  const wanted = typed.trim().toLocaleLowerCase();
  const all = [...new Set([...recent, ...known])];
  const begins = all.filter((tag) => tag.toLocaleLowerCase().startsWith(wanted));
  const holds = all.filter((tag) => tag.toLocaleLowerCase().includes(wanted) && !begins.includes(tag));
  return [...begins, ...holds].slice(0, MOST);
}
