import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Duplicates } from "../duplicates/Duplicates";
import { Facets } from "../facets/Facets";
import { Grid } from "../grid/Grid";
import { Toolbar } from "../grid/Toolbar";
import { Icon } from "../icons/Icon";
import { Inspector } from "../inspector/Inspector";
import { MapPane } from "../map/MapPane";
import { NoMatch } from "../notice/Notice";
import { Splits } from "../splits/Splits";
import type { Store } from "../store/store";
import { Splitter } from "./Splitter";
import type { Panel } from "./slice";

/** What the part shows: of the Explorer facets, map over grid, and the inspector. */
export function Body({ store }: { store: Store }) {
  const { core, shell } = store;
  switch (core.part) {
    case "gallery":
      return (
        <div class="curate-body">
          <GridPane store={store} />
        </div>
      );
    case "map":
      return (
        <div class="curate-body">
          <MapPane store={store} />
        </div>
      );
    case "facets":
      return (
        <div class="curate-body">
          <Facets store={store} />
        </div>
      );
    case "explorer": {
      const mode = shell.mode.value;
      const names = { map: `map-${core.rpc.client}` };
      return (
        <div class="curate-body">
          <Side store={store} panel="facets" label="Facets">
            <Facets store={store} />
          </Side>
          <div class="curate-centre" data-mode={mode}>
            {mode === "duplicates" && <Duplicates store={store} />}
            {mode === "splits" && <Splits store={store} />}
            {(mode === "both" || mode === "map") && (
              <section
                id={names.map}
                class="curate-centre-map"
                aria-label="Map"
                style={mode === "both" ? { flexBasis: `${shell.share.value * 100}%` } : undefined}
              >
                <MapPane store={store} />
              </section>
            )}
            {mode === "both" && <Splitter store={store} controls={names.map} />}
            {(mode === "both" || mode === "grid") && <GridPane store={store} />}
          </div>
          <Side store={store} panel="inspector" label="Inspector">
            <Inspector store={store} />
          </Side>
        </div>
      );
    }
  }
}

function GridPane({ store }: { store: Store }) {
  return (
    <section class="curate-centre-grid" aria-label="Samples">
      <Toolbar store={store} />
      {store.core.state.value?.count === 0 ? <NoMatch store={store} /> : <Grid store={store} />}
    </section>
  );
}

/** A panel at a side: beside the centre where there is room, over it where there is not. */
function Side({
  store,
  panel,
  label,
  children,
}: {
  store: Store;
  panel: Panel;
  label: string;
  children: ComponentChildren;
}) {
  const { shell } = store;
  const close = useRef<HTMLButtonElement>(null);
  const open = shell.isOpen(panel);
  const floats = shell.floats(panel);
  // What lies over the rest takes the focus; what has room beside it leaves it where it is.
  useEffect(() => {
    if (open && floats) close.current?.focus();
  }, [open, floats]);
  if (!open) return null;
  return (
    <aside class={`curate-side curate-side-${panel}`} data-floats={floats} aria-label={label}>
      {floats && (
        <div class="curate-side-head">
          <h2>{label}</h2>
          <button
            ref={close}
            type="button"
            class="curate-button curate-plain"
            aria-label={`Close the ${label.toLowerCase()}`}
            onClick={() => shell.putAway()}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      {children}
    </aside>
  );
}
