import { Icon } from "../icons/Icon";
import type { Store } from "../store/store";
import { Section } from "./Section";
import type { Neighbour } from "./slice";

const PLACES = 9;

/** What is nearest to the sample in the whole dataset: a click opens it. */
export function Nearest({ store }: { store: Store }) {
  const { inspector } = store;
  const near = inspector.near.value;
  const opened = inspector.opened.value;
  const stale = near?.sampleId !== opened?.sampleId;
  if (near !== null && !stale && near.failure !== null) {
    return (
      <Section title="Nearest">
        <p class="curate-quiet">
          <bdi>{near.failure.message}</bdi> {near.failure.hint && <bdi>Hint: {near.failure.hint}</bdi>}
        </p>
      </Section>
    );
  }
  const tiles = near?.value ?? [];
  return (
    <Section title="Nearest">
      {near !== null && !stale && tiles.length === 0 ? (
        <p class="curate-quiet">There is no other sample with a vector.</p>
      ) : (
        <ul class="curate-near" data-stale={stale} aria-busy={stale}>
          {tiles.length > 0
            ? tiles.map((tile) => <Near key={tile.sample_id} store={store} tile={tile} />)
            : Array.from({ length: PLACES }, (_, i) => (
                <li key={i} class="curate-near-empty curate-skeleton" />
              ))}
        </ul>
      )}
    </Section>
  );
}

function Near({ store, tile }: { store: Store; tile: Neighbour }) {
  const { inspector, selection } = store;
  const likeness = tile.score === null ? "" : `, likeness ${tile.score.toFixed(2)}`;
  return (
    <li>
      <button
        type="button"
        class="curate-near-open"
        aria-label={`Open ${tile.name}${likeness}`}
        title={`${tile.name}${likeness}`}
        onClick={() => inspector.open(tile.sample_id)}
      >
        {tile.url === "" ? <Icon name="broken" /> : <img src={tile.url} alt="" draggable={false} />}
      </button>
      <span class="curate-near-tools">
        <button
          type="button"
          aria-label={`Select ${tile.name}, or no longer`}
          title="Select, or no longer"
          onClick={() => selection.toggleSamples([tile.sample_id])}
        >
          <Icon name="check" />
        </button>
        <button
          type="button"
          aria-label={`Nearest to ${tile.name}`}
          title="Nearest to this"
          onClick={() => inspector.similar(tile.sample_id)}
        >
          <Icon name="similar" />
        </button>
      </span>
    </li>
  );
}
