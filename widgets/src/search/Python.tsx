import { useRef, useState } from "preact/hooks";
import { Popover } from "../app/Popover";
import { Icon } from "../icons/Icon";
import { copy } from "../store/copy";
import type { Store } from "../store/store";
import { highlighted } from "./highlight";

/** The button that shows the query as Python. */
export function Python({ store }: { store: Store }) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        class="curate-button curate-plain"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-label="This view as Python"
        title="This view as Python"
        onClick={() => setOpen(!open)}
      >
        <Icon name="code" />
      </button>
      {open && (
        <Popover anchor={button} onClose={() => setOpen(false)} label="This view as Python" align="end">
          <div class="curate-python">
            <p class="curate-quiet">Paste this into a cell and get the same view.</p>
            <PythonCode code={store.core.state.value?.python ?? ""} />
          </div>
        </Popover>
      )}
    </>
  );
}

/** Python, to be copied. */
export function PythonCode({ code }: { code: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <>
      <Code code={code} />
      <button
        type="button"
        class="curate-button"
        data-autofocus
        onClick={() => {
          void copy(code).then(() => setCopied(true));
        }}
      >
        <Icon name={copied ? "check" : "copy"} />
        <span role="status">{copied ? "Copied" : "Copy the Python"}</span>
      </button>
    </>
  );
}

function Code({ code }: { code: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it can be scrolled
    <pre class="curate-code" tabIndex={0}>
      {highlighted(code).map((piece, i) => (
        <span key={i} class={`curate-code-${piece.kind}`}>
          {piece.text}
        </span>
      ))}
    </pre>
  );
}
