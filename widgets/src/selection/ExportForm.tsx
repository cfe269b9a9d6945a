import { useEffect, useId, useState } from "preact/hooks";
import type { Exports } from "../protocol";
import { type Failure, failureOf } from "../store/failure";
import type { Store } from "../store/store";
import { Form } from "./Form";
import { Refusal } from "./Refusal";
import type { What } from "./slice";
import { WhatField } from "./WhatField";

/** Where to, in which format, with which labels; it then runs in the background. */
export function ExportForm({ store }: { store: Store }) {
  const { selection, core } = store;
  const id = useId();
  const [exports, setExports] = useState<Exports | null>(null);
  const [format, setFormat] = useState("");
  const [path, setPath] = useState("");
  const [labels, setLabels] = useState("");
  const [overwrite, setOverwrite] = useState(false);
  const [what, setWhat] = useState<What>(selection.what);
  const [failure, setFailure] = useState<Failure | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    core.rpc.request("get_exports", {}, abort.signal).then(
      ({ reply }) => {
        setExports(reply);
        setFormat(reply.formats[0] ?? "");
        // The suggestion never takes the place of what was typed in the meantime.
        setPath((typed) => typed || reply.path);
        setLabels(reply.fields[0] ?? "");
      },
      (error) => setFailure(failureOf(error)),
    );
    return () => abort.abort();
  }, []);

  const idle = exports === null || path.trim() === "" || format === "" || selection.acting.value;
  const begin = async () => {
    const refused = await selection.export({
      path: path.trim(),
      format,
      labels: labels === "" ? null : labels,
      overwrite,
      what,
    });
    if (refused === null) selection.close();
    else setFailure(refused);
  };

  return (
    <Form idle={idle} busy={exports === null} send={() => void begin()}>
      <label for={`${id}-path`}>Folder, on the machine of the kernel</label>
      <input
        id={`${id}-path`}
        type="text"
        class="curate-field"
        name="path"
        autocomplete="off"
        spellcheck={false}
        maxLength={4096}
        value={path}
        onInput={(event) => setPath(event.currentTarget.value)}
      />
      <div class="curate-form-line">
        <span class="curate-form-half">
          <label for={`${id}-format`}>Format</label>
          <select
            id={`${id}-format`}
            name="format"
            class="curate-field"
            disabled={exports === null}
            value={format}
            onChange={(event) => setFormat(event.currentTarget.value)}
          >
            {exports?.formats.map((known) => (
              <option key={known} value={known}>
                {known}
              </option>
            ))}
          </select>
        </span>
        <span class="curate-form-half">
          <label for={`${id}-labels`}>Labels</label>
          <select
            id={`${id}-labels`}
            name="labels"
            class="curate-field"
            disabled={exports === null}
            value={labels}
            onChange={(event) => setLabels(event.currentTarget.value)}
          >
            <option value="">none</option>
            {exports?.fields.map((field) => (
              <option key={field} value={field}>
                {field}
              </option>
            ))}
          </select>
        </span>
      </div>
      <WhatField store={store} what={what} onChange={setWhat} />
      <label class="curate-choice">
        <input
          type="checkbox"
          name="overwrite"
          checked={overwrite}
          onChange={(event) => setOverwrite(event.currentTarget.checked)}
        />
        replace what is there
      </label>
      <div class="curate-form-line curate-form-end">
        <button
          type="button"
          class="curate-button curate-strong"
          disabled={idle}
          onClick={() => void begin()}
        >
          Export
        </button>
      </div>
      <Refusal failure={failure} />
    </Form>
  );
}
