import type { Store } from "../store/store";

export function Toolbar({ store }: { store: Store }) {
  void store;
  return null;
}
