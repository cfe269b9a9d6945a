import { render } from "preact";
import { vi } from "vitest";
import { Store } from "../store/store";
import { FakeModel, state } from "../store/testing";
import { App } from "./App";

/** A widget on the page, with a kernel that has said hello and a clock that stands still. */
export async function mounted(
  traits: Record<string, unknown>,
  hello: Parameters<typeof state>[0] = {},
): Promise<{ model: FakeModel; store: Store }> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  const blind = class {
    observe() {}
    disconnect() {}
  };
  vi.stubGlobal("IntersectionObserver", blind);
  const model = new FakeModel(traits);
  const store = new Store(model);
  render(<App store={store} />, document.body);
  await model.answer("hello", state(hello));
  return { model, store };
}

export function unmounted(store: Store): void {
  render(null, document.body);
  store.dispose();
  vi.useRealTimers();
  vi.unstubAllGlobals();
}

/** All that is written on the page. */
export const said = () => document.body.textContent ?? "";

/** Everything that was to be drawn has been. */
export async function drawn(): Promise<void> {
  for (let i = 0; i < 5; i++) await vi.advanceTimersByTimeAsync(50);
}
