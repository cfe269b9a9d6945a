import { useEffect, useId, useState } from "preact/hooks";
import type { ExportSplit, Exports } from "../protocol";
import type { Core } from "../store/core";
import { type Failure, failureOf } from "../store/failure";

type Media = NonNullable<ExportSplit["media"]>;

/** What becomes of the pictures. */
const MEDIA: readonly { name: Media; label: string }[] = [
  { name: "copy", label: "copied" },
  { name: "hardlink", label: "hard links" },
  { name: "symlink", label: "symbolic links" },
  { name: "reference", label: "only named" },
];

/** Where an export goes, and in which form. */
export interface Target {
  path: string;
  format: string;
  labels: string;
  media: Media;
  overwrite: boolean;
}

const NONE: Target = { path: "", format: "", labels: "", media: "copy", overwrite: false };

/** The fields of an export as they were filled in, with what there is to choose from; and why that cannot be known. */
export function useTarget(core: Core, suggested: (path: string) => string = (path) => path) {
  const [exports, setExports] = useState<Exports | null>(null);
  const [target, setTarget] = useState<Target>(NONE);
  const [failure, setFailure] = useState<Failure | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    core.rpc.request("get_exports", {}, abort.signal).then(
      ({ reply }) => {
        setExports(reply);
        // The suggestion never takes the place of what was typed in the meantime.
        setTarget(({ path, ...rest }) => ({
          ...rest,
          path: path || suggested(reply.path),
          format: reply.formats[0] ?? "",
          labels: reply.fields[0] ?? "",
        }));
      },
      (error) => setFailure(failureOf(error)),
    );
    return () => abort.abort();
  }, []);
  const change = (changes: Partial<Target>) => setTarget((before) => ({ ...before, ...changes }));
  const order = {
    ...target,
    path: target.path.trim(),
    labels: target.labels === "" ? null : target.labels,
  };
  const idle = exports === null || order.path === "" || target.format === "";
  return { exports, target, change, order, idle, failure, setFailure };
}

interface Props {
  exports: Exports | null;
  target: Target;
  change: (changes: Partial<Target>) => void;
}

/** The folder, the format, the labels, and what becomes of the pictures. */
export function ExportFields({ exports, target, change }: Props) {
  const id = useId();
  const packed = exports?.packed.includes(target.format) ?? false;
  return (
    <>
      <label for={`${id}-path`}>Folder, on the machine of the kernel</label>
      <input
        id={`${id}-path`}
        type="text"
        class="curate-field"
        name="path"
        autocomplete="off"
        spellcheck={false}
        maxLength={4096}
        value={target.path}
        onInput={(event) => change({ path: event.currentTarget.value })}
      />
      <div class="curate-form-line">
        <Choice
          id={`${id}-format`}
          name="format"
          label="Format"
          value={target.format}
          disabled={exports === null}
          options={(exports?.formats ?? []).map((known) => [known, known])}
          onPick={(format) => change({ format })}
        />
        <Choice
          id={`${id}-labels`}
          name="labels"
          label="Labels"
          value={target.labels}
          disabled={exports === null}
          options={[["", "none"], ...(exports?.fields ?? []).map((field): Option => [field, field])]}
          onPick={(labels) => change({ labels })}
        />
        <Choice
          id={`${id}-media`}
          name="media"
          label="Pictures"
          value={packed ? "packed" : target.media}
          disabled={packed}
          title={packed ? "This format holds the pictures in files of its own" : undefined}
          options={
            packed ? [["packed", "in its files"]] : MEDIA.map(({ name, label }): Option => [name, label])
          }
          onPick={(media) => change({ media: media as Media })}
        />
      </div>
    </>
  );
}

type Option = [value: string, label: string];

interface ChoiceProps {
  id: string;
  name: string;
  label: string;
  value: string;
  disabled: boolean;
  title?: string | undefined;
  options: readonly Option[];
  onPick: (value: string) => void;
}

function Choice({ id, name, label, value, disabled, title, options, onPick }: ChoiceProps) {
  return (
    <span class="curate-form-half">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        class="curate-field"
        disabled={disabled}
        title={title}
        value={value}
        onChange={(event) => onPick(event.currentTarget.value)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}

/** The last line of an export's form. */
export function ExportEnd({
  target,
  change,
  idle,
  send,
}: Omit<Props, "exports"> & { idle: boolean; send: () => void }) {
  return (
    <>
      <label class="curate-choice">
        <input
          type="checkbox"
          name="overwrite"
          checked={target.overwrite}
          onChange={(event) => change({ overwrite: event.currentTarget.checked })}
        />
        replace what is there
      </label>
      <div class="curate-form-line curate-form-end">
        <button type="button" class="curate-button curate-strong" disabled={idle} onClick={send}>
          Export
        </button>
      </div>
    </>
  );
}
