import { Icon, type IconName } from "../icons/Icon";
import type { Store } from "../store/store";

/** What can be done with the sample. */
export function Tools({ store }: { store: Store }) {
  const { inspector, core } = store;
  const selected = inspector.selected.value;
  const row = inspector.row.value;
  const shapes = (inspector.known.value?.picture.shapes.length ?? 0) > 0;
  const sample = inspector.opened.value?.sampleId ?? "";
  const here = core.part === "explorer" || core.part === "gallery";
  return (
    <div class="curate-inspector-tools">
      <button
        type="button"
        class="curate-button"
        aria-pressed={selected}
        title={selected ? "No longer select it (space)" : "Select it (space)"}
        onClick={() => inspector.toggle()}
      >
        <Icon name="check" /> {selected ? "Selected" : "Select"}
      </button>
      <span class="curate-inspector-between" />
      <Tool icon="similar" label="Nearest to this" hint="s" act={() => inspector.similar(sample)} />
      {here && (
        <Tool
          icon="grid"
          label="Show in the grid"
          hint="g"
          disabled={row === null}
          act={() => inspector.showInGrid()}
        />
      )}
      <Tool
        icon="shapes"
        label="Boxes, masks and points"
        hint="b"
        pressed={inspector.shapes.value && shapes}
        disabled={!shapes}
        act={() => inspector.toggleShapes()}
      />
    </div>
  );
}

export function Tool({
  icon,
  label,
  hint,
  act,
  pressed,
  disabled = false,
}: {
  icon: IconName;
  label: string;
  hint: string;
  act: () => void;
  pressed?: boolean;
  disabled?: boolean;
}) {
  return (
    <button
      type="button"
      class="curate-button curate-plain"
      aria-label={label}
      aria-pressed={pressed}
      title={`${label} (${hint})`}
      disabled={disabled}
      onClick={act}
    >
      <Icon name={icon} />
    </button>
  );
}
