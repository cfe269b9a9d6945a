import type { Store } from "../store/store";

export function MapPane({ store }: { store: Store }) {
  void store;
  return null;
}
