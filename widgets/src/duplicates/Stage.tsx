import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../icons/Icon";
import { useSize } from "../inspector/measure";
import type { DuplicatesState } from "../protocol";
import { Answer, Refused, stay } from "../review/Answers";
import { Why } from "../review/Why";
import type { Store } from "../store/store";
import { EDGE, tilingFor } from "./arrangement";
import { DIGITS, type Group, type Member } from "./groups";
import { alike, announced, headline, thousandths } from "./wording";

/** The group that is looked at: its pictures side by side, the one that stays, and the verdicts. */
export function Stage({ store, state }: { store: Store; state: DuplicatesState }) {
  const { duplicates, core } = store;
  const stage = useRef<HTMLDivElement>(null);
  const group = duplicates.group.value;
  const at = duplicates.at.value;
  const ended = at >= state.groups;

  // It was opened to be worked with: the keys are for it.
  useEffect(() => stage.current?.focus({ preventScroll: true }), []);

  return (
    <div class="curate-review-centre">
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is given, and takes a name */}
      <div
        ref={stage}
        class="curate-duplicates-stage curate-review-place"
        role={ended ? "group" : "listbox"}
        tabIndex={0}
        aria-label={group === null ? "Duplicates" : announced(group, at, state.groups)}
        aria-busy={group === null && !ended}
        aria-activedescendant={group === null ? undefined : idOf(core.rpc.client, duplicates.kept(group))}
      >
        {ended ? (
          <Ended store={store} state={state} />
        ) : group === null ? (
          <span class="curate-skeleton curate-duplicates-waits" role="presentation" />
        ) : (
          <Members key={group.group} store={store} group={group} place={at} />
        )}
      </div>
      <Refused failure={duplicates.refusal.value} />
      {!ended && <Verdicts store={store} group={group} />}
    </div>
  );
}

const idOf = (client: string, sample: string) => `duplicate-${client}-${sample}`;

function Members({ store, group, place }: { store: Store; group: Group; place: number }) {
  const { duplicates } = store;
  const box = useRef<HTMLDivElement>(null);
  const { width: wide, height: high } = useSize(box);
  const { members } = group;
  const first = members[0];
  // Copies mostly have one shape; a member of another is shown whole in it.
  const shape = first !== undefined && first.height > 0 ? first.width / first.height : 4 / 3;
  const ratio = Math.min(Math.max(shape, 0.5), 2);
  const { columns, width } = tilingFor(
    members.length,
    { width: wide - 2 * EDGE, height: high - 2 * EDGE },
    ratio,
  );
  const kept = duplicates.kept(group);
  return (
    <>
      <p class="curate-duplicates-head" role="presentation">
        <strong class="curate-number">{`${(place + 1).toLocaleString("en")}. ${headline(group)}`}</strong>
        <span class="curate-quiet curate-number">{alike(group)}</span>
        <Said group={group} />
      </p>
      <div
        ref={box}
        class="curate-duplicates-members"
        role="presentation"
        style={{ "--columns": columns, "--wide": `${width}px`, "--high": `${Math.floor(width / ratio)}px` }}
      >
        {members.map((member, i) => (
          <Tile
            key={member.id}
            store={store}
            group={group}
            member={member}
            place={i}
            kept={member.id === kept}
          />
        ))}
        {group.count > members.length && (
          <p class="curate-quiet curate-number" role="presentation">
            {`and ${(group.count - members.length).toLocaleString("en")} more`}
          </p>
        )}
      </div>
    </>
  );
}

function Said({ group }: { group: Group }) {
  if (group.state === "open") return null;
  return (
    <span class="curate-duplicates-said" data-state={group.state}>
      <Icon name={group.state === "accepted" ? "check" : "close"} />
      {group.state === "accepted" ? "Accepted" : "Not duplicates"}
    </span>
  );
}

function Tile({
  store,
  group,
  member,
  place,
  kept,
}: {
  store: Store;
  group: Group;
  member: Member;
  place: number;
  kept: boolean;
}) {
  const { duplicates, core } = store;
  const large = duplicates.pictures.get(member.id);
  const url = large?.url || member.url;
  const goes = !kept && group.state !== "distinct";
  const why = member.id === group.best ? group.why : "";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    <div
      id={idOf(core.rpc.client, member.id)}
      class="curate-duplicates-tile"
      role="option"
      aria-selected={kept}
      onClick={() => duplicates.keep(place)}
    >
      <div class="curate-duplicates-picture">
        {url === "" ? (
          <Why note={large?.note} />
        ) : (
          <img class="curate-review-picture" src={url} alt="" draggable={false} />
        )}
        {place < DIGITS && <span class="curate-review-key curate-review-digit">{place + 1}</span>}
        {(kept || goes) && (
          <span class="curate-duplicates-fate" data-kept={kept}>
            <Icon name={kept ? "check" : "tag"} /> {kept ? "stays" : "duplicate"}
          </span>
        )}
      </div>
      <p class="curate-duplicates-name">
        <bdi title={member.name}>{member.name}</bdi>
        {member.similarity !== null && !kept && (
          <span class="curate-number" title="Similarity to the best one">
            {thousandths(member.similarity)}
          </span>
        )}
      </p>
      <p class="curate-duplicates-facts curate-quiet curate-number">
        <bdi>{member.facts}</bdi>
        {why !== "" && <em title={why}>{why}</em>}
      </p>
    </div>
  );
}

function Verdicts({ store, group }: { store: Store; group: Group | null }) {
  const { duplicates, core } = store;
  const idle = group === null || !(core.state.value?.writable ?? false);
  const undo = core.state.value?.undo ?? "";
  return (
    <div class="curate-review-answers curate-duplicates-verdicts">
      <button
        type="button"
        class="curate-button curate-plain"
        aria-disabled={undo === ""}
        aria-keyshortcuts="u"
        title={undo === "" ? "Nothing to undo" : `Undo: ${undo} (u)`}
        onMouseDown={stay}
        onClick={() => void duplicates.undo()}
      >
        <Icon name="undo" /> Undo
      </button>
      <div class="curate-review-verdicts" role="group" aria-label="Verdict">
        <Answer
          label="Not duplicates"
          keys="x"
          disabled={idle}
          title="These are different pictures"
          onPress={() => !idle && duplicates.refuse()}
        />
        <Answer
          label={group === null ? "Keep one" : `Keep 1, tag ${(group.count - 1).toLocaleString("en")}`}
          keys="Enter"
          disabled={idle}
          title={group === null ? undefined : "The others are tagged duplicate; nothing is erased"}
          strong
          onPress={() => !idle && duplicates.accept()}
        />
      </div>
      <span class="curate-review-way curate-quiet" role="status">
        {duplicates.pending.value > 0 ? "Saving…" : ""}
      </span>
    </div>
  );
}

/** Behind the last group: how it stands, and the way on. */
function Ended({ store, state }: { store: Store; state: DuplicatesState }) {
  const { duplicates, shell } = store;
  const open = state.open;
  return (
    <div class="curate-notice curate-notice-centre" role="presentation">
      <strong>{open === 0 ? "Every group has a verdict" : "This was the last group"}</strong>
      <p class="curate-number">
        {`${state.accepted.toLocaleString("en")} accepted, ${state.distinct.toLocaleString("en")} not duplicates`}
        {open > 0 && `, ${open.toLocaleString("en")} still open`}
      </p>
      <div class="curate-notice-ways">
        {open > 0 && (
          <button type="button" class="curate-button curate-strong" onClick={() => duplicates.first()}>
            Go to the first open one
          </button>
        )}
        <button type="button" class="curate-button" onClick={() => shell.toSamples()}>
          Back to the grid
        </button>
      </div>
    </div>
  );
}
