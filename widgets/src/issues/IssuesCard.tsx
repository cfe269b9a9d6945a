import { useEffect, useId } from "preact/hooks";
import { Menu } from "../app/Menu";
import { barWidth } from "../facets/bars";
import { stepThrough } from "../facets/stepping";
import { countText } from "../facets/wording";
import { Icon } from "../icons/Icon";
import { Progress } from "../map/NoMap";
import type { IssueKind, Issues } from "../protocol";
import type { Store } from "../store/store";
import { heard, notFound, searched } from "./wording";
import "./issues.css";

/** What is wrong with the samples, by kind: a click keeps nothing but those. */
export function IssuesCard({ store }: { store: Store }) {
  const { issues, jobs } = store;
  const body = useId();
  useEffect(() => issues.watch(), [issues]);
  const found = issues.issues.value;
  const failure = issues.failure.value;
  const job = issues.job.value;
  const open = issues.open.value;
  if (found === null && failure === null) return null;
  const running = job?.state === "running";
  return (
    <section class="curate-card curate-issues" data-key="issues" aria-label="Issues">
      <div class="curate-card-head">
        <h3>
          <button
            type="button"
            class="curate-card-title"
            aria-expanded={open}
            aria-controls={open ? body : undefined}
            title={open ? "Put the issues away" : "Show the issues"}
            onClick={() => issues.fold()}
          >
            Issues
          </button>
        </h3>
        {found?.searched && <span class="curate-card-filter curate-number">{inSight(store, found)}</span>}
        {found?.searched && (
          <Menu
            label="More about the issues"
            entries={[
              {
                label: "Find issues again",
                icon: "refresh",
                disabled: running || !(store.core.state.value?.writable ?? false),
                onPick: () => void issues.find(),
              },
            ]}
            align="end"
            class="curate-plain curate-card-menu"
          >
            <Icon name="more" />
          </Menu>
        )}
      </div>
      {open && (
        <div id={body}>
          {found?.searched ? (
            <Kinds store={store} found={found} />
          ) : (
            <Unsearched store={store} found={found} />
          )}
          {running && <Progress job={job} stop={() => void jobs.stop(job.id)} />}
          {failure !== null && (
            <p class="curate-issues-note" role="alert">
              <bdi>{failure.message}</bdi> {failure.hint !== "" && <bdi>Hint: {failure.hint}</bdi>}
            </p>
          )}
        </div>
      )}
    </section>
  );
}

/** How many samples have an issue; of the view, where that is less than all. */
function inSight(store: Store, { any_all, any_view }: Issues): string {
  return store.facets.whole.value ? countText(any_all) : `${countText(any_view)} / ${countText(any_all)}`;
}

function Unsearched({ store, found }: { store: Store; found: Issues | null }) {
  const { issues, core } = store;
  const job = issues.job.value;
  if (found === null || job?.state === "running") return null;
  return (
    <>
      <p class="curate-issues-note">
        {found.why === "" ? (
          "Dark, blurry, broken, mislabelled: nobody has looked yet."
        ) : (
          <bdi>{found.why}</bdi>
        )}
      </p>
      {job?.state === "failed" && (
        <p class="curate-issues-note" role="alert">
          <bdi>{job.text}</bdi> {job.hint !== "" && <bdi>Hint: {job.hint}</bdi>}
        </p>
      )}
      {found.why === "" && (
        <button
          type="button"
          class="curate-button"
          disabled={!(core.state.value?.writable ?? false)}
          title={core.state.value?.writable === false ? "This dataset can only be read" : undefined}
          onClick={() => void issues.find()}
        >
          <Icon name="search" /> Find issues
        </button>
      )}
    </>
  );
}

function Kinds({ store, found }: { store: Store; found: Issues }) {
  const { issues, core, facets } = store;
  const there = found.kinds.filter((kind) => kind.all > 0 || issues.picked(kind));
  const others = found.kinds.filter((kind) => !there.includes(kind));
  const absent = notFound(others);
  const picked = there.findIndex((kind) => issues.picked(kind));
  const most = Math.max(1, ...there.map(({ all }) => all));
  const later = searched(found, core.state.value?.total ?? found.samples);
  return (
    <>
      {there.length > 0 ? (
        <ul class="curate-values curate-issues-kinds" aria-label="Issues by kind" onKeyDown={stepThrough}>
          {there.map((kind, i) => (
            <li key={kind.kind}>
              <Kind
                kind={kind}
                most={most}
                on={issues.picked(kind)}
                whole={facets.whole.value}
                stop={i === Math.max(picked, 0)}
                pick={() => void issues.toggle(kind)}
              />
            </li>
          ))}
        </ul>
      ) : (
        <p class="curate-issues-note" role="status">
          Nothing is wrong with these samples, as far as this can tell.
        </p>
      )}
      {there.length > 0 && absent !== "" && (
        <p class="curate-issues-note" title={others.map(({ title }) => title).join(", ")}>
          {absent}
        </p>
      )}
      {later !== "" && <p class="curate-issues-note">{later}</p>}
    </>
  );
}

interface KindProps {
  kind: IssueKind;
  /** The count that fills the width. */
  most: number;
  on: boolean;
  /** The view is the whole dataset: one count says it all. */
  whole: boolean;
  /** Whether Tab comes here. */
  stop: boolean;
  pick: () => void;
}

function Kind({ kind, most, on, whole, stop, pick }: KindProps) {
  return (
    <button
      type="button"
      class="curate-value"
      data-empty={kind.view === 0 || undefined}
      aria-pressed={on}
      aria-label={heard(kind, whole)}
      title={kind.about === "" ? kind.title : `${kind.title}: ${kind.about}`}
      tabIndex={stop ? 0 : -1}
      onClick={pick}
    >
      <span class="curate-value-all" style={{ width: barWidth(kind.all, most) }} />
      <span class="curate-value-view" style={{ width: barWidth(kind.view, most) }} />
      <bdi class="curate-value-name">{kind.title}</bdi> {on && <Icon name="check" />}
      <span class="curate-value-count curate-number">
        {!whole && (
          <>
            <span class="curate-value-here">{countText(kind.view)}</span>/
          </>
        )}
        {countText(kind.all)}
      </span>
    </button>
  );
}
