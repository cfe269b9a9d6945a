import { useState } from "preact/hooks";
import { Icon } from "../icons/Icon";
import { copy } from "../store/copy";
import type { Store } from "../store/store";
import { number } from "./wording";
import "../search/search.css";

/** In place of everything where there is no kernel: what to do, and what it does not have. */
export function Lost({ store }: { store: Store }) {
  const { hunt, core } = store;
  const known = hunt.state.value !== null;
  const pending = hunt.pending.value;
  const still = core.still();
  return (
    <div class="curate-lost">
      <div class="curate-notice" role="status">
        <strong>
          {known
            ? "The kernel that made this is gone. Run the cell again, and the hunt goes on where it was."
            : "No kernel has answered yet, so this is a still picture. Run the notebook to bring it to life."}
        </strong>
        {known && pending === 0 && <p class="curate-quiet">Every answer was saved.</p>}
        {known && pending > 0 && <Unsaved code={hunt.outbox.python()} pending={pending} />}
      </div>
      {still !== "" && <img class="curate-still" src={still} alt="The first samples of this hunt" />}
    </div>
  );
}

function Unsaved({ code, pending }: { code: string; pending: number }) {
  const [copied, setCopied] = useState(false);
  return (
    <>
      <p>
        {pending === 1 ? "1 answer had not reached it." : `${number(pending)} answers had not reached it.`}{" "}
        Run this behind the cell, and none is lost:
      </p>
      <div class="curate-python">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it can be scrolled */}
        <pre class="curate-code" tabIndex={0}>
          {code}
        </pre>
        <button
          type="button"
          class="curate-button"
          onClick={() => {
            void copy(code).then(() => setCopied(true));
          }}
        >
          <Icon name={copied ? "check" : "copy"} />
          <span role="status">{copied ? "Copied" : "Copy the Python"}</span>
        </button>
      </div>
    </>
  );
}
