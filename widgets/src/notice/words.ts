import type { Connection } from "../rpc/client";

interface Circumstances {
  /** Answers come while a cell runs. */
  alive: boolean;
  /** An edit of this widget is under way. */
  busy: boolean;
  /** The browser has a network. */
  online: boolean;
}

/** Why nothing comes, in words; "" where it does. */
export function waitingFor(connection: Connection, { alive, busy, online }: Circumstances): string {
  if (connection === "fine" || connection === "lost") return "";
  if (!online) return "This browser is offline. It goes on when the connection is back.";
  if (connection === "silent") {
    return "No answer for a while. The kernel is busy with something long, or the connection to the server is down; it goes on by itself.";
  }
  if (alive) return "Still working on it…";
  return busy
    ? "The kernel is busy, with this or with a running cell."
    : "The kernel is busy; this waits until the running cell ends.";
}
