import type { SplitNearness, SplitState } from "../protocol";
import { counted } from "../review/wording";
import type { Store } from "../store/store";
import type { Looked, Side } from "./pairs";
import { alike, COMPARED, percent, threshold } from "./wording";

/** The pairs of different parts that are most alike: what leaks is seen here, and what does not, too. */
export function Closest({ store, state }: { store: Store; state: SplitState }) {
  const { splits } = store;
  const pairs = splits.closest.value;
  const { nearness, parts } = state;
  const place = new Map(parts.map(({ name }, i) => [name, i % 6]));
  return (
    <section aria-label="The closest pairs across parts">
      <h3>
        The closest pairs across parts{" "}
        {nearness !== null && <span class="curate-quiet curate-number">{threshold(nearness)}</span>}
      </h3>
      {nearness === null ? (
        <p class="curate-quiet">Nobody has compared the parts of this split with each other.</p>
      ) : pairs.length === 0 ? (
        <p class="curate-quiet">No two samples of different parts are alike at all.</p>
      ) : (
        <ul class="curate-splits-pairs">
          {pairs.map((pair, i) => (
            <li key={`${pair.left.id} ${pair.right.id}`}>
              <button
                type="button"
                class="curate-splits-pair"
                data-near={leaks(nearness, pair)}
                aria-label={`${pair.left.where} and ${pair.right.where}, ${COMPARED[pair.by]} ${alike(pair.similarity)}: look at them closely`}
                onClick={() => splits.look(pairs, i)}
              >
                <Thumb side={pair.left} place={place.get(pair.left.where)} />
                <Thumb side={pair.right} place={place.get(pair.right.where)} />
                <span class="curate-splits-caption">
                  <b class="curate-number">{alike(pair.similarity)}</b>
                  <span class="curate-quiet">{COMPARED[pair.by]}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {nearness !== null && <Neighbours nearness={nearness} state={state} />}
    </section>
  );
}

/** Whether a pair should not be in two parts. */
function leaks({ threshold: from }: SplitNearness, { by, similarity }: Looked): boolean {
  return by === "content" || (by === "vector" && from !== null && similarity >= from);
}

function Thumb({ side, place }: { side: Side; place: number | undefined }) {
  return (
    <span class="curate-splits-thumb">
      {side.url !== "" && <img src={side.url} alt="" draggable={false} />}
      <span class="curate-splits-where">
        <span class="curate-splits-dot" data-part={place} /> <bdi>{side.where}</bdi>
      </span>
    </span>
  );
}

/** How many of the other parts have a neighbour in train, the nearer the fewer. */
function Neighbours({ nearness, state }: { nearness: SplitNearness; state: SplitState }) {
  const { shares, reference } = nearness;
  const steps = [...new Set(shares.map((one) => one.threshold))].sort((a, b) => b - a);
  const others = state.parts.map(({ name }, i) => ({ name, i })).filter(({ name }) => name !== reference);
  if (steps.length === 0) return null;
  return (
    <div class="curate-splits-scroll">
      <table class="curate-splits-neighbours">
        <caption class="curate-quiet">
          Samples with a neighbour in <bdi>{reference}</bdi>, by how near that is
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="curate-unseen">Part</span>
            </th>
            {steps.map((step) => (
              <th key={step} scope="col" class="curate-number">
                ≥ {alike(step)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {others.map(({ name, i }) => (
            <tr key={name}>
              <th scope="row">
                <span class="curate-splits-dot" data-part={i % 6} /> <bdi>{name}</bdi>
              </th>
              {steps.map((step) => {
                const one = shares.find((share) => share.part === name && share.threshold === step);
                const share = one === undefined || one.samples === 0 ? 0 : one.near / one.samples;
                return (
                  <td key={step} class="curate-number" data-some={share > 0}>
                    {one === undefined ? "" : one.near === 0 ? "none" : percent(share)}
                    {one !== undefined && <span class="curate-unseen">{counted(one.near, "sample")}</span>}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
