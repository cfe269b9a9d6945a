import type { Store } from "../store/store";

export function Facets({ store }: { store: Store }) {
  void store;
  return null;
}
