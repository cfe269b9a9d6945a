import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Switch } from "../app/Switch";
import { Icon } from "../icons/Icon";
import type { SplitColumn, SplitForm, Splits } from "../protocol";
import { counted, number } from "../review/wording";
import { Form } from "../selection/Form";
import { Refusal } from "../selection/Refusal";
import type { What } from "../selection/slice";
import { WhatField } from "../selection/WhatField";
import { type Failure, failureOf } from "../store/failure";
import type { Store } from "../store/store";
import { Running } from "./Outcome";
import { FIRST, typed, type Wanted, wanted, withAnother, wrong } from "./parts";

/** Columns that are offered at once. */
const OFFERED = 8;

type Leak = "auto" | "given" | "off";

const LEAKS: { name: Leak; label: string; title: string }[] = [
  { name: "auto", label: "Measured", title: "How alike is too alike is measured on these pictures" },
  { name: "given", label: "From", title: "From a cosine that you give" },
  { name: "off", label: "Off", title: "Near-duplicates may be in different parts" },
];

/** What a split is to be: its parts, what is balanced, and what stays together. */
export function MakeForm({ store, all }: { store: Store; all: Splits }) {
  const { splits, selection, core } = store;
  const id = useId();
  const [form, setForm] = useState<SplitForm | null>(null);
  const [parts, setParts] = useState<readonly Wanted[]>(FIRST);
  const [stratify, setStratify] = useState<readonly string[]>([]);
  const [groups, setGroups] = useState<readonly string[]>([]);
  const [leak, setLeak] = useState<Leak>("auto");
  const [cosine, setCosine] = useState("0.95");
  const [name, setName] = useState("");
  const [what, setWhat] = useState<What>("view");
  const [failure, setFailure] = useState<Failure | null>(null);
  const job = splits.job.value;
  const running = job?.state === "running";
  const first = all.splits.length === 0;

  useEffect(() => {
    const abort = new AbortController();
    splits.form(abort.signal).then(
      (reply) => {
        setForm(reply);
        setName((before) => before || reply.name);
      },
      (error) => setFailure(failureOf(error)),
    );
    return () => abort.abort();
  }, [splits]);

  const from = Number(cosine.replace(",", "."));
  const bad =
    wrong(parts) ||
    (leak === "given" && !(from > 0 && from <= 1) ? "The cosine is to be a number from 0 to 1." : "");
  const taken = all.splits.some((split) => split.name === name.trim());
  const idle = form === null || running || bad !== "" || name.trim() === "" || all.why !== "";
  const send = async () => {
    const order = {
      name: name.trim(),
      parts: wanted(parts),
      stratify: [...stratify],
      group_by: [...groups],
      leak: leak === "given" ? from : leak,
      what,
    };
    setFailure(await splits.make(order));
  };
  const count = what === "view" ? (core.state.value?.count ?? 0) : selection.selected.value;

  return (
    <div class="curate-splits-body curate-form curate-splits-make">
      <Form idle={idle} busy={form === null} send={() => void send()}>
        {first && (
          <div class="curate-splits-first">
            <strong>No split yet</strong>
            <p class="curate-quiet">
              A split says which samples train, and which ones judge what was learned. Groups stay whole,
              near-duplicates stay on one side, every class has its share everywhere, and a certificate proves
              it.
            </p>
          </div>
        )}
        <PartFields parts={parts} count={count} change={setParts} />
        {selection.selected.value > 0 && <WhatField store={store} what={what} onChange={setWhat} />}
        <Columns
          label="Keep whole"
          about="samples of one drive, scene or patient stay in one part"
          columns={form?.group_by ?? null}
          picked={groups}
          change={setGroups}
        />
        <Columns
          label="Balance"
          about="every part gets the same share of each class"
          columns={form?.stratify ?? null}
          picked={stratify}
          change={setStratify}
        />
        <fieldset class="curate-splits-field">
          <legend>
            Near-duplicates together{" "}
            <span class="curate-quiet">
              {leak === "off"
                ? "the certificate will not look for them"
                : form?.encoder === ""
                  ? "by equal files and perceptual hashes; there are no vectors"
                  : leak === "auto"
                    ? "how alike is too alike is measured on these pictures"
                    : "two samples this alike stay in one part"}
            </span>
          </legend>
          <div class="curate-form-line">
            <Switch label="Near-duplicates together" choices={LEAKS} value={leak} onChange={setLeak} />
            {leak === "given" && (
              <input
                type="text"
                inputMode="decimal"
                class="curate-field curate-splits-cosine curate-number"
                aria-label="Cosine from which on two samples are near"
                value={cosine}
                onInput={(event) => setCosine(event.currentTarget.value)}
              />
            )}
          </div>
        </fieldset>
        <div class="curate-form-line curate-splits-end">
          <span class="curate-splits-called">
            <label for={`${id}-name`}>Name</label>
            <input
              id={`${id}-name`}
              type="text"
              class="curate-field curate-splits-title"
              name="split"
              autocomplete="off"
              spellcheck={false}
              maxLength={200}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </span>
          <span class="curate-splits-note curate-quiet" role="status">
            {all.why || bad || (taken ? "There is one of this name; this one takes its place." : "")}
          </span>
          {!first && (
            <button
              type="button"
              class="curate-button"
              onClick={() => {
                splits.making.value = false;
              }}
            >
              Cancel
            </button>
          )}
          <button
            type="button"
            class="curate-button curate-strong"
            disabled={idle}
            onClick={() => void send()}
          >
            Split {counted(count, "sample")}
          </button>
        </div>
        {running && <Running store={store} job={job} />}
        <Refusal
          failure={failure ?? (job?.state === "failed" ? { message: job.text, hint: job.hint } : null)}
        />
        {job?.state === "stopped" && <p class="curate-quiet">{job.text}</p>}
      </Form>
    </div>
  );
}

/** The parts with their shares, over a bar that shows them. */
function PartFields({
  parts,
  count,
  change,
}: {
  parts: readonly Wanted[];
  count: number;
  change: (parts: readonly Wanted[]) => void;
}) {
  const box = useRef<HTMLUListElement>(null);
  const set = (key: number, changes: Partial<Wanted>) =>
    change(parts.map((part) => (part.key === key ? { ...part, ...changes } : part)));
  return (
    <fieldset class="curate-splits-field">
      <legend>Parts</legend>
      <div class="curate-splits-sizes" aria-hidden="true">
        {parts.map((part, i) => (
          <span
            key={part.key}
            class="curate-splits-piece"
            data-part={i % 6}
            style={{ flexGrow: Math.max(typed(part) || 0, 0) }}
          />
        ))}
      </div>
      <ul ref={box} class="curate-splits-wanted">
        {parts.map((part, i) => (
          <li key={part.key}>
            <span class="curate-splits-dot" data-part={i % 6} />
            <input
              type="text"
              class="curate-field"
              aria-label={`Name of part ${i + 1}`}
              maxLength={200}
              spellcheck={false}
              value={part.name}
              onInput={(event) => set(part.key, { name: event.currentTarget.value })}
            />
            <input
              type="text"
              inputMode="decimal"
              class="curate-field curate-number curate-splits-percent"
              aria-label={`Share of ${part.name} in percent`}
              value={part.percent}
              onInput={(event) => set(part.key, { percent: event.currentTarget.value })}
            />
            <span class="curate-quiet curate-number curate-splits-about">
              %{" "}
              <span class="curate-splits-many">
                {Number.isNaN(typed(part)) ? "" : `≈ ${number(Math.round((count * typed(part)) / 100))}`}
              </span>
            </span>
            <button
              type="button"
              class="curate-button curate-plain"
              aria-label={`Remove ${part.name || `part ${i + 1}`}`}
              disabled={parts.length === 1}
              onClick={() => {
                change(parts.filter(({ key }) => key !== part.key));
                box.current?.querySelector("input")?.focus();
              }}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
        {parts.length < 16 && (
          <li>
            <button
              type="button"
              class="curate-button curate-plain"
              onClick={() => change(withAnother(parts))}
            >
              <Icon name="add" /> Part
            </button>
          </li>
        )}
      </ul>
    </fieldset>
  );
}

/** Columns to pick several of. */
function Columns({
  label,
  about,
  columns,
  picked,
  change,
}: {
  label: string;
  about: string;
  columns: readonly SplitColumn[] | null;
  picked: readonly string[];
  change: (picked: readonly string[]) => void;
}) {
  const [every, setEvery] = useState(false);
  const all = columns ?? [];
  const shown = every ? all : all.filter(({ name }, i) => i < OFFERED || picked.includes(name));
  return (
    <fieldset class="curate-splits-field">
      <legend>
        {label} <span class="curate-quiet">{about}</span>
      </legend>
      <div class="curate-splits-picks">
        {shown.map((column) => {
          const on = picked.includes(column.name);
          return (
            <button
              key={column.name}
              type="button"
              class="curate-button"
              aria-pressed={on}
              title={kindOf(column)}
              onClick={() =>
                change(on ? picked.filter((name) => name !== column.name) : [...picked, column.name])
              }
            >
              {on && <Icon name="check" />}
              <bdi>{column.name.replaceAll("_", " ")}</bdi>
              {column.kind === "category" && (
                <span class="curate-quiet curate-number">{number(column.values)}</span>
              )}
            </button>
          );
        })}
        {columns === null && <span class="curate-skeleton curate-splits-waits" />}
        {columns !== null && all.length === 0 && <span class="curate-quiet">There is no such column.</span>}
        {!every && all.length > shown.length && (
          <button type="button" class="curate-link" onClick={() => setEvery(true)}>
            {counted(all.length - shown.length, "more column")}
          </button>
        )}
      </div>
    </fieldset>
  );
}

/** What there is to choose a column by. */
function kindOf({ kind, values }: SplitColumn): string {
  if (kind === "labels") return "the labels that a picture has";
  return kind === "number" || kind === "time"
    ? `${counted(values, "value")}; many are cut into classes of like size`
    : counted(values, "value");
}
