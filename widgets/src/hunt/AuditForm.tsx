import { useId, useState } from "preact/hooks";
import { Form } from "../selection/Form";
import { Refusal } from "../selection/Refusal";
import type { Failure } from "../store/failure";
import type { Store } from "../store/store";

/** What an audit looks at by default: 119 clean answers say that at most 2.5 % of the rest are. */
const COUNT = 100;
const OUTSIDE = 120;

/** How many samples an audit draws, and from where. */
export function AuditForm({ store, close }: { store: Store; close: () => void }) {
  const { hunt } = store;
  const id = useId();
  const [count, setCount] = useState(String(COUNT));
  const [outside, setOutside] = useState(String(OUTSIDE));
  const [failure, setFailure] = useState<Failure | null>(null);
  const [drawn, others] = [whole(count), whole(outside)];
  const idle = hunt.busy.value || drawn === null || drawn === 0 || others === null;

  const start = async () => {
    if (drawn === null || others === null) return;
    const refused = await hunt.startAudit(drawn, others);
    if (refused === null) close();
    else setFailure(refused);
  };

  return (
    <Form idle={idle} busy={hunt.busy.value} send={() => void start()}>
      <p class="curate-hunt-explains">
        Samples are drawn at random and answered blind. The model stays as it is until the last answer.
      </p>
      <label for={`${id}-count`}>Among the most likely</label>
      <input
        id={`${id}-count`}
        type="number"
        class="curate-field curate-number"
        name="count"
        min={1}
        value={count}
        onInput={(event) => setCount(event.currentTarget.value)}
      />
      <label for={`${id}-outside`}>
        Of everything else: 119 with no yes say at most 2.5 %, 598 at most 0.5 %
      </label>
      <input
        id={`${id}-outside`}
        type="number"
        class="curate-field curate-number"
        name="outside"
        min={0}
        value={outside}
        onInput={(event) => setOutside(event.currentTarget.value)}
      />
      <div class="curate-form-line curate-form-end">
        <button
          type="button"
          class="curate-button curate-strong"
          disabled={idle}
          onClick={() => void start()}
        >
          Draw them
        </button>
      </div>
      <Refusal failure={failure} />
    </Form>
  );
}

/** A count as it is typed; null where it is none. */
function whole(text: string): number | null {
  return /^\d{1,5}$/.test(text.trim()) ? Number(text) : null;
}
