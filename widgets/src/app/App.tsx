import { Facets } from "../facets/Facets";
import { Grid } from "../grid/Grid";
import { Toolbar } from "../grid/Toolbar";
import { Help } from "../help/Help";
import { Inspector } from "../inspector/Inspector";
import { Large } from "../inspector/Large";
import { Jobs } from "../jobs/Jobs";
import { MapPane } from "../map/MapPane";
import { ConnectionNotice } from "../notice/Notice";
import { SearchBar } from "../search/SearchBar";
import { SelectionBar } from "../selection/SelectionBar";
import type { Store } from "../store/store";
import "./bar.css";

export function App({ store }: { store: Store }) {
  const { part } = store.core;
  return (
    // JupyterLab's own shortcuts (arrows, letters) would fire on every key that is pressed in here.
    <div class="curate-widget" data-part={part} data-lm-suppress-shortcuts="true">
      <SearchBar store={store} />
      <ConnectionNotice store={store} />
      {(part === "explorer" || part === "facets") && <Facets store={store} />}
      {(part === "explorer" || part === "map") && <MapPane store={store} />}
      {(part === "explorer" || part === "gallery") && (
        <>
          <Toolbar store={store} />
          <Grid store={store} />
        </>
      )}
      {part === "explorer" && <Inspector store={store} />}
      <SelectionBar store={store} />
      <Jobs store={store} />
      <Large store={store} />
      <Help store={store} />
    </div>
  );
}
