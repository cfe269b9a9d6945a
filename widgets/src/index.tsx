import { render } from "preact";
import "./theme.css";
import { App } from "./app/App";
import type { Model } from "./host";
import { Store } from "./store/store";

export default {
  render({ model, el }: { model: Model; el: HTMLElement }) {
    const store = new Store(model);
    render(<App store={store} />, el);
    return () => {
      render(null, el);
      store.dispose();
    };
  },
};
