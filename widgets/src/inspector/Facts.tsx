import { useEffect, useState } from "preact/hooks";
import { Icon } from "../icons/Icon";
import type { HistoryLine, Picture } from "../protocol";
import { copy } from "../store/copy";
import type { Store } from "../store/store";
import { ago, exactly } from "./ago";
import { grouped, scoreText } from "./labels";
import { Nearest } from "./Nearest";
import { Section } from "./Section";
import { Tags } from "./Tags";

/** Lines of metadata that are shown before somebody wants all of them. */
const FIRST_FIELDS = 8;
const FIRST_EVENTS = 6;
const TICK_MS = 30_000;
const COPIED_MS = 1500;

/**
 * All that is known of the sample, in sections. While another is on its way, what is here stays and steps back.
 *
 * `noted` says that what is wrong with the picture stands elsewhere already.
 */
export function Facts({ store, noted = false }: { store: Store; noted?: boolean }) {
  const { inspector } = store;
  const known = inspector.known.value;
  const stale = inspector.current.value === null;
  if (known === null) return <Waiting />;
  const { picture } = known;
  return (
    <div class="curate-facts" data-stale={stale} aria-busy={stale}>
      {picture.note !== "" && !noted && (
        <p class="curate-facts-note">
          <Icon name="warning" />
          <bdi>{picture.note}</bdi>
        </p>
      )}
      <Metadata store={store} picture={picture} />
      <Tags store={store} tags={picture.tags} />
      <Labels store={store} picture={picture} />
      <Nearest store={store} />
      <Origin picture={picture} />
      <Past store={store} />
    </div>
  );
}

/** The shape of what is on its way, so that nothing moves when it comes. */
function Waiting() {
  return (
    <div class="curate-facts" aria-busy="true">
      <span class="curate-unseen" role="status">
        Loading
      </span>
      <div class="curate-facts-lines curate-skeleton" aria-hidden="true">
        {[64, 48, 72, 56, 80, 44].map((width) => (
          <span key={width} class="curate-facts-line">
            <i />
            <i style={{ width: `${width}%` }} />
          </span>
        ))}
      </div>
    </div>
  );
}

function Metadata({ store, picture }: { store: Store; picture: Picture }) {
  const { layout } = store.core;
  const all = layout.get("inspector_all", false);
  const { fields } = picture;
  const shown = all ? fields : fields.slice(0, FIRST_FIELDS);
  return (
    <section class="curate-facts-section" aria-label="Metadata">
      <dl>
        {shown.map(({ name, value }) => (
          <div key={name}>
            <dt title={name}>
              <bdi>{name.replaceAll("_", " ")}</bdi>
            </dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {fields.length > FIRST_FIELDS && (
        <button
          type="button"
          class="curate-link"
          aria-expanded={all}
          onClick={() => layout.set("inspector_all", !all)}
        >
          {all ? "Fewer" : `All ${fields.length}`}
        </button>
      )}
    </section>
  );
}

function Labels({ store, picture }: { store: Store; picture: Picture }) {
  const groups = grouped(picture.labels);
  if (groups.length === 0) return null;
  const placed = new Set(picture.shapes.map(({ field, value }) => JSON.stringify([field, value])));
  return (
    <Section title="Labels">
      <ul class="curate-labels">
        {groups.map(({ field, value, source, sourceKind, count, scores, time }) => (
          <li key={JSON.stringify([field, value, source, sourceKind])}>
            <span
              class="curate-label-colour"
              style={
                placed.has(JSON.stringify([field, value]))
                  ? { background: store.grid.palette.colour(value), borderColor: "transparent" }
                  : undefined
              }
            />
            <span class="curate-label-value">
              <bdi>{value}</bdi>
              {count > 1 && <span class="curate-quiet"> × {count}</span>}
            </span>
            <span class="curate-label-source" title={`${sourceKind}, ${exactly(time)}`}>
              <bdi>{field}</bdi>, by <bdi>{source}</bdi>
              {scores && <span class="curate-number"> {scoreText(scores)}</span>}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Origin({ picture }: { picture: Picture }) {
  // Said here and not in passing: under the large picture nobody would see it.
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Section title="Where it comes from">
      <div class="curate-origin">
        <bdi class="curate-mono">{picture.location}</bdi>
        <button
          type="button"
          class="curate-button curate-plain"
          aria-label="Copy the location"
          title="Copy the location"
          onClick={() => void copy(picture.location).then(() => setCopied(true))}
        >
          <Icon name={copied ? "check" : "copy"} />
        </button>
        <span class="curate-unseen" role="status">
          {copied ? "Copied" : ""}
        </span>
      </div>
    </Section>
  );
}

function Past({ store }: { store: Store }) {
  const { inspector } = store;
  const history = inspector.history.value;
  const [now, setNow] = useState(() => new Date());
  const [all, setAll] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => setNow(new Date()), [history]);
  const lines = history?.value.lines ?? [];
  const shown = all ? lines : lines.slice(0, FIRST_EVENTS);
  return (
    <Section title="History">
      {history?.failure ? (
        <p class="curate-quiet">
          <bdi>{history.failure.message}</bdi>
        </p>
      ) : (
        <ol class="curate-past">
          {shown.map((line) => (
            <Event key={line.time + line.what} line={line} now={now} />
          ))}
        </ol>
      )}
      {!all && lines.length > FIRST_EVENTS && (
        <button type="button" class="curate-link" onClick={() => setAll(true)}>
          {lines.length - FIRST_EVENTS} earlier
        </button>
      )}
      {history?.value.more && (all || lines.length <= FIRST_EVENTS) && (
        <p class="curate-quiet">Older events are in ds.history().</p>
      )}
    </Section>
  );
}

function Event({ line, now }: { line: HistoryLine; now: Date }) {
  const what = <bdi>{line.what}</bdi>;
  return (
    <li title={[exactly(line.time), line.notebook].filter(Boolean).join(", ")}>
      {line.undone ? (
        <>
          <s>{what}</s>
          <span class="curate-unseen"> (undone)</span>
        </>
      ) : (
        what
      )}{" "}
      <span class="curate-quiet">
        {line.actor !== "" && (
          <>
            by <bdi>{line.actor}</bdi>,{" "}
          </>
        )}
        <time dateTime={line.time}>{ago(line.time, now)}</time>
      </span>
    </li>
  );
}
