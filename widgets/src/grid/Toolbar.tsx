import { Menu, type MenuEntry } from "../app/Menu";
import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { columnOf, descendingAtFirst, groupings, NEAREST, SEARCH_ORDER, sortings } from "./choosing";
import { Picker } from "./Picker";
import { LARGEST, SMALLEST } from "./slice";
import "./toolbar.css";

/** What the grid is sorted and grouped by, how large its pictures are, and what is drawn on them. */
export function Toolbar({ store }: { store: Store }) {
  const { core, grid } = store;
  const state = core.state.value;
  // Reading it is what brings the name of the active sample when its tile arrives.
  void grid.arrived.value;
  if (state === null) return <div class="curate-toolbar" />;
  const columns = grid.choices.value;
  const active = grid.activeTile;
  const sorted = state.sort !== null;
  const by = sorted ? state.sort : state.scored ? "score" : "ingest";

  const sortBy = (key: string) => {
    const column = columnOf(key);
    if (key === NEAREST) {
      if (active !== undefined) grid.nearest(active);
    } else if (key === SEARCH_ORDER) grid.sort(null, false);
    else if (column !== null) {
      // Picked once more, it is the other way round.
      const known = columns.find(({ name }) => name === column);
      grid.sort(column, column === state.sort ? !state.descending : descendingAtFirst(known));
    }
  };

  const drawing: MenuEntry[] = [
    {
      label: "Boxes, points and masks",
      detail: "b",
      checked: grid.shapes,
      onPick: () => grid.toggleShapes(),
    },
    { label: "Scores and badges", checked: grid.badges, onPick: () => grid.toggleBadges() },
    "line",
    { label: "Whole pictures", checked: !grid.cropped, onPick: () => grid.crop(false) },
    { label: "Cropped to fill", checked: grid.cropped, onPick: () => grid.crop(true) },
  ];

  return (
    <div class="curate-toolbar" role="group" aria-label="Order and look of the samples">
      <Picker
        label="Sort by"
        title={`Sorted by ${state.order}`}
        choices={sortings(state, columns, active?.name ?? "")}
        onOpen={() => void grid.learnChoices()}
        onPick={sortBy}
      >
        <span>
          <span class="curate-quiet">sorted by</span> <b>{by}</b>
        </span>
      </Picker>
      <button
        type="button"
        class="curate-button curate-plain"
        aria-label={state.descending ? "Highest first; turn round" : "Lowest first; turn round"}
        title={state.descending ? "Highest first" : "Lowest first"}
        disabled={!sorted}
        onClick={() => grid.sort(state.sort, !state.descending)}
      >
        <span class={`curate-arrow${state.descending ? " curate-is-down" : ""}`} aria-hidden="true">
          ↑
        </span>
      </button>
      <Picker
        label="Group by"
        title={state.group === null ? "Not grouped" : `Grouped by ${state.group}`}
        choices={groupings(state, columns)}
        onOpen={() => void grid.learnChoices()}
        onPick={(key) => grid.group(columnOf(key))}
      >
        <span>
          {state.group === null ? (
            <span class="curate-quiet">group</span>
          ) : (
            <>
              <span class="curate-quiet">grouped by</span> <b>{state.group}</b>
            </>
          )}
        </span>
      </Picker>
      <span class="curate-between" />
      <button
        type="button"
        class="curate-button curate-plain"
        aria-pressed={grid.shapes}
        title="Draw boxes, points and masks (b)"
        onClick={() => grid.toggleShapes()}
      >
        <Icon name="shapes" />
        <span class="curate-wide">boxes</span>
      </button>
      <Menu
        label="Show on the pictures"
        title="What is drawn"
        entries={drawing}
        align="end"
        class="curate-plain"
      >
        <span class="curate-wide">show</span>
        <Icon name="down" />
      </Menu>
      <label class="curate-size">
        <span class="curate-quiet curate-wide">size</span>
        <input
          type="range"
          aria-label="Size of the pictures"
          title="Size of the pictures (+ and −)"
          min={SMALLEST}
          max={LARGEST}
          step={4}
          value={grid.size.value}
          onInput={(event) => grid.resize(Number(event.currentTarget.value))}
        />
      </label>
    </div>
  );
}
