import { render } from "preact";
import "./theme.css";
import { App } from "./app";
import type { Model } from "./host";
import { GalleryStore } from "./store";

export default {
  render({ model, el }: { model: Model; el: HTMLElement }) {
    const store = new GalleryStore(model);
    render(<App store={store} />, el);
    return () => {
      render(null, el);
      store.dispose();
    };
  },
};
