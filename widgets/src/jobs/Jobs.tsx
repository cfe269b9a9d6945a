import type { Store } from "../store/store";

export function Jobs({ store }: { store: Store }) {
  void store;
  return null;
}
