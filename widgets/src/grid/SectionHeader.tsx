import type { RowGroup } from "../protocol";

interface Props {
  group: RowGroup;
  /** Every row of it is selected. */
  all: boolean;
  select: (all: boolean) => void;
}

function Words({ group }: { group: RowGroup }) {
  return (
    <>
      <b>
        <bdi>{group.text}</bdi>
      </b>
      <span class="curate-quiet">{group.count.toLocaleString("en")}</span>
    </>
  );
}

function SelectAll({ group, all, select }: Props) {
  const what = all ? "deselect" : "select all of this group";
  return (
    <button
      type="button"
      class="curate-link"
      // The grid is one stop of the Tab key; there "a" does this.
      tabIndex={-1}
      title={`${what} (a)`}
      aria-label={`${what}: ${group.text}`}
      onClick={() => select(!all)}
    >
      {what}
    </button>
  );
}

/** The line above the tiles of a group. */
export function SectionHeader({
  index,
  columns,
  style,
  ...props
}: Props & { index: number; columns: number; style: { transform: string } }) {
  return (
    <div role="row" aria-rowindex={index + 1} class="curate-section" style={style}>
      <span role="rowheader" aria-colindex={1}>
        <Words group={props.group} />
      </span>
      <span role="gridcell" aria-colindex={Math.min(2, columns)}>
        <SelectAll {...props} />
      </span>
    </div>
  );
}

/** The same line, kept at the top while its tiles scroll by; who cannot see has the line itself. */
export function StuckHeader({ lift, hidden, ...props }: Props & { lift: number; hidden: boolean }) {
  return (
    <div class="curate-stuck" aria-hidden="true">
      <div
        class="curate-section"
        style={{ transform: `translateY(${lift}px)`, visibility: hidden ? "hidden" : "visible" }}
      >
        <span>
          <Words group={props.group} />
        </span>
        <span>
          <SelectAll {...props} />
        </span>
      </div>
    </div>
  );
}
