import type { Store } from "../store/store";

export function Inspector({ store }: { store: Store }) {
  void store;
  return null;
}
