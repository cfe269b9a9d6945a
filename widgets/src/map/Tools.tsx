import { Menu } from "../app/Menu";
import { Icon, type IconName } from "../icons/Icon";
import type { Gestures } from "./gestures";
import type { MapSlice, Tool } from "./slice";

const CLOSER = 1.6;
const MODES: readonly { tool: Tool; icon: IconName; label: string; how: string }[] = [
  { tool: "lasso", icon: "lasso", label: "Lasso", how: "draw around points; Shift adds, Alt takes away" },
  {
    tool: "rectangle",
    icon: "rectangle",
    label: "Rectangle",
    how: "drag over points; Shift adds, Alt takes away",
  },
  { tool: "pan", icon: "move", label: "Move", how: "drag the map; with Space in the other modes, too" },
];

/** The buttons of the map. */
export function Tools({ map, gestures }: { map: MapSlice; gestures: Gestures }) {
  return (
    <div class="curate-map-tools" role="toolbar" aria-label="Map" aria-orientation="vertical">
      <div>
        {MODES.map(({ tool, icon, label, how }) => (
          <button
            key={tool}
            type="button"
            class="curate-button curate-map-tool"
            aria-pressed={map.tool.value === tool}
            aria-label={label}
            title={`${label}: ${how}`}
            onClick={() => map.use(tool)}
          >
            <Icon name={icon} />
          </button>
        ))}
      </div>
      <div>
        <Action icon="zoomIn" label="Zoom in" keys="+" act={() => gestures.zoomBy(CLOSER)} />
        <Action icon="zoomOut" label="Zoom out" keys="-" act={() => gestures.zoomBy(1 / CLOSER)} />
      </div>
      <div>
        <Action icon="fit" label="Show all" keys="0" act={() => map.fitAll()} />
        <Action icon="focus" label="Zoom to the view" keys="f" act={() => map.fitView()} />
        <Menu
          label="More on the map"
          title="More"
          align="end"
          class="curate-map-tool"
          entries={[
            { label: "Select what is in sight", detail: "s", onPick: () => void map.selectSight("set") },
            { label: "Add what is in sight", detail: "Shift s", onPick: () => void map.selectSight("add") },
            "line",
            {
              label: "Names of places",
              checked: map.named.value,
              onPick: () => map.name(!map.named.peek()),
            },
          ]}
        >
          <Icon name="more" />
        </Menu>
      </div>
    </div>
  );
}

function Action({
  icon,
  label,
  keys,
  act,
}: {
  icon: IconName;
  label: string;
  keys: string;
  act: () => void;
}) {
  return (
    <button
      type="button"
      class="curate-button curate-map-tool"
      aria-label={label}
      aria-keyshortcuts={keys}
      title={`${label} (${keys})`}
      onClick={act}
    >
      <Icon name={icon} />
    </button>
  );
}
