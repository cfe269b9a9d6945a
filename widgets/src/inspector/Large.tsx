import type { Store } from "../store/store";

export function Large({ store }: { store: Store }) {
  void store;
  return null;
}
