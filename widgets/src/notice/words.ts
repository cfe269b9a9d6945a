import type { Connection } from "../rpc/client";

/** Why nothing comes, in words; "" where it does. `alive` is whether answers come while a cell runs. */
export function waitingFor(connection: Connection, alive: boolean, online: boolean): string {
  if (connection === "fine" || connection === "lost") return "";
  if (!online) return "This browser is offline. It goes on when the connection is back.";
  if (connection === "silent") {
    return "No answer for a while. The kernel is busy with something long, or the connection to the server is down; it goes on by itself.";
  }
  return alive ? "Still working on it…" : "The kernel is busy; this waits until the running cell ends.";
}
