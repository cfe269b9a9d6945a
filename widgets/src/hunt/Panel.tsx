import { useRef, useState } from "preact/hooks";
import { Popover } from "../app/Popover";
import { number } from "../review/wording";
import type { Store } from "../store/store";
import { AuditForm } from "./AuditForm";
import { Curve } from "./Curve";
import { SaveFoundForm } from "./SaveFoundForm";
import { sentence } from "./wording";
import "../selection/selection.css";
import "../review/panel.css";
import "./panel.css";

/** How the hunt stands, and what can be done beside answering. */
export function Panel({ store }: { store: Store }) {
  const { hunt, core } = store;
  const state = hunt.state.value;
  const auditing = hunt.task.value === "audit" && state?.audit !== null;
  if (state === null) return <aside class="curate-review-panel" aria-label="How the hunt stands" />;
  const hopeless = state.found === 0 && state.advice.length > 0;
  const writable = core.state.value?.writable ?? true;
  return (
    <aside class="curate-review-panel" aria-label="How the hunt stands">
      <section class="curate-hunt-found">
        <p class="curate-review-figure curate-number">
          <strong>{number(state.found)}</strong>
          <span class="curate-quiet">{`found in ${number(state.answered)} ${state.answered === 1 ? "answer" : "answers"}`}</span>
        </p>
        <Curve points={state.curve} answered={state.answered} found={state.found} />
        <p class="curate-quiet curate-number curate-review-rest-of">
          {`${number(state.rejected)} no · ${number(state.unsure)} unsure`}
        </p>
      </section>
      <div class="curate-hunt-advice" role="status">
        {state.advice.map((line) => (
          <p key={line}>
            <bdi>{sentence(line)}</bdi>
          </p>
        ))}
      </div>
      <section class="curate-hunt-left">
        <h3>How many are left</h3>
        {auditing ? (
          <p class="curate-quiet">What the audit says comes with its last answer.</p>
        ) : hopeless ? (
          <p class="curate-quiet">Nothing to estimate from: nothing was found.</p>
        ) : (
          <ul class="curate-hunt-says" data-audited={state.audited}>
            {state.estimate.map((line) => (
              <li key={line}>
                <bdi>{sentence(line)}</bdi>
              </li>
            ))}
          </ul>
        )}
        {state.audit === null && writable && !hopeless && (
          <Opens label={state.audited ? "Another audit" : "Start an audit"} disabled={state.answered === 0}>
            {(close) => <AuditForm store={store} close={close} />}
          </Opens>
        )}
      </section>
      {!auditing && (state.unsure > 0 || state.found > 0) && (
        <section>
          <h3>Look once more</h3>
          <div class="curate-hunt-ways">
            {state.unsure > 0 && (
              <button
                type="button"
                class="curate-button"
                aria-pressed={hunt.task.value === "unsure"}
                onClick={() => hunt.setTask("unsure")}
              >
                {`${number(state.unsure)} unsure`}
              </button>
            )}
            {state.again > 0 && (
              <button
                type="button"
                class="curate-button"
                aria-pressed={hunt.task.value === "again"}
                title="A yes that is none makes the estimate too high"
                onClick={() => hunt.setTask("again")}
              >
                {`${number(state.again)} yes`}
              </button>
            )}
          </div>
        </section>
      )}
      {!auditing && state.found > 0 && writable && (
        <section class="curate-hunt-save">
          <Opens label={`Save the ${number(state.found)} found`} strong>
            {(close) => <SaveFoundForm store={store} close={close} />}
          </Opens>
        </section>
      )}
    </aside>
  );
}

/** A button that opens a form. */
function Opens({
  label,
  strong = false,
  disabled = false,
  children,
}: {
  label: string;
  strong?: boolean;
  disabled?: boolean;
  children: (close: () => void) => preact.ComponentChildren;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        class={`curate-button ${strong ? "curate-strong" : ""}`}
        aria-haspopup="dialog"
        aria-expanded={open}
        disabled={disabled}
        onClick={() => setOpen(!open)}
      >
        {label}
      </button>
      {open && (
        <Popover anchor={button} onClose={close} label={label} align="end" class="curate-form">
          {children(close)}
        </Popover>
      )}
    </>
  );
}
