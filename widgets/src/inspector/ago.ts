const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago something was, as a person says it; the date where it is longer than a week. Times are ISO, UTC. */
export function ago(time: string, now: Date): string {
  const then = new Date(time);
  const seconds = (now.getTime() - then.getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  // Clocks of two machines differ: what is a little ahead is now.
  if (seconds < 45) return seconds > -5 * MINUTE ? "just now" : dateOf(then);
  if (seconds < HOUR - 30) return `${Math.max(Math.round(seconds / MINUTE), 1)} min ago`;
  if (seconds < DAY - HOUR / 2) return `${Math.max(Math.round(seconds / HOUR), 1)} h ago`;
  const days = Math.max(Math.round(seconds / DAY), 1);
  if (days === 1) return "yesterday";
  return days < 8 ? `${days} days ago` : dateOf(then);
}

/** The same to the second, in the time of the one who reads it. */
export function exactly(time: string): string {
  const then = new Date(time);
  return Number.isNaN(then.getTime()) ? "" : `${dateOf(then)} ${then.toTimeString().slice(0, 8)}`;
}

function dateOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
