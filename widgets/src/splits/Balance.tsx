import type { SplitBalance, SplitPart, SplitState } from "../protocol";
import { counted } from "../review/wording";
import { longest, percent, points, spoken } from "./wording";

/** Points from which on a class is said to be off. */
const OFF = 1;

/** The shares of every class by part, as bars; a line in each says what its share of everything is. */
export function Balance({ state: { columns, parts } }: { state: SplitState }) {
  if (columns.length === 0) return null;
  return (
    <section aria-label="Shares by class">
      <h3>
        Shares by class <span class="curate-quiet">of each part; the line is the share of all</span>
      </h3>
      <div class="curate-splits-columns">
        {columns.map((column) => (
          <Column key={column.column} column={column} parts={parts} />
        ))}
      </div>
    </section>
  );
}

function Column({ column, parts }: { column: SplitBalance; parts: readonly SplitPart[] }) {
  const most = longest(column);
  const width = (share: number) => `${((100 * share) / most).toFixed(2)}%`;
  return (
    <table class="curate-splits-column" style={{ "--parts": parts.length }}>
      <caption>
        <b>
          <bdi>{column.column}</bdi>
        </b>
        <span class="curate-number" data-off={column.deviation > OFF}>
          {points(column.deviation)} points off at most
        </span>
      </caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="curate-unseen">Class</span>
          </th>
          {parts.map(({ name }, i) => (
            <th key={name} scope="col">
              <span class="curate-splits-dot" data-part={i % 6} /> <bdi>{name}</bdi>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {column.classes.map(({ value, total, shares, share, counts, deviation }) => (
          <tr key={value} title={`${spoken(parts, shares, share)}; ${points(deviation)} points off at most`}>
            <th scope="row" title={`${value ?? "no value"}: ${counted(total, "sample")}`}>
              {value === null ? <i>no value</i> : <bdi>{value}</bdi>}
            </th>
            {parts.map(({ name, got }, i) => (
              <td key={name} class="curate-number" data-none={got > 0 && counts[i] === 0}>
                <span class="curate-splits-cell">
                  <span class="curate-splits-track" data-part={i % 6}>
                    <span class="curate-splits-share" style={{ width: width(shares[i] ?? 0) }} />
                    <span class="curate-splits-whole" style={{ insetInlineStart: width(share) }} />
                  </span>
                  <span class="curate-splits-figure">{percent(shares[i] ?? 0)}</span>
                </span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      {column.more > 0 && (
        <tfoot>
          <tr>
            <td colSpan={parts.length + 1} class="curate-quiet curate-splits-more">
              {`and ${counted(column.more, "more class", "more classes")}, each nearer to its share`}
            </td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}
