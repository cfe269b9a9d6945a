import type { State } from "../protocol";
import { type Standing, TOP } from "./arithmetic";

const MOST = 20;

/** Where a person was in some rows. */
export interface Place {
  top: Standing;
  active: number;
}

/** The query, the order and the groups as one text: rows that are asked for alike are looked at from the same place. */
export function placeKey(state: Pick<State, "python" | "sort" | "descending" | "group">): string {
  return JSON.stringify([state.python, state.sort, state.descending, state.group]);
}

/** Where a person was in the rows of earlier queries, so that undo comes back to the same place. */
export class Places {
  private readonly places = new Map<string, Place>();

  leave(key: string, place: Place): void {
    this.places.delete(key);
    this.places.set(key, place);
    for (const oldest of this.places.keys()) {
      if (this.places.size <= MOST) break;
      this.places.delete(oldest);
    }
  }

  /** The place in `count` rows; the top where they were never looked at. */
  find(key: string, count: number): Place {
    const last = Math.max(count - 1, 0);
    const { top, active } = this.places.get(key) ?? { top: TOP, active: 0 };
    return { top: top.row > last ? { row: last, into: 0 } : top, active: Math.min(active, last) };
  }
}
