import type { Store } from "../store/store";

export function SearchBar({ store }: { store: Store }) {
  void store;
  return null;
}
