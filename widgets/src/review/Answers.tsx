import type { ComponentChildren } from "preact";
import { Icon } from "../icons/Icon";
import type { Failure } from "../store/failure";
import type { Verdict } from "./deck";
import type { Reviewed } from "./Review";
import { onTheirWay } from "./wording";

const BUTTONS: readonly { verdict: Verdict; keys: string }[] = [
  { verdict: "no", keys: "n" },
  { verdict: "unsure", keys: "u" },
  { verdict: "yes", keys: "y" },
];

/** The focus stays with the pictures: a space bar after a press is not a second answer. */
export const stay = (event: MouseEvent) => event.preventDefault();

interface Props {
  review: Reviewed;
  said: Record<Verdict, string>;
  /** Nothing is looked at that could be answered. */
  none: boolean;
  back: { title: string; disabled: boolean; go: () => void };
  /** Another answer. */
  children?: ComponentChildren;
}

/** The answers as buttons, the way back, and whether the kernel has them all. */
export function Answers({ review, said, none, back, children }: Props) {
  const failed = review.failed.value;
  return (
    <>
      <Refused failure={review.refusal.value} again={() => review.again()} />
      <div class="curate-review-answers">
        <button
          type="button"
          class="curate-button curate-plain"
          aria-disabled={back.disabled}
          title={back.title}
          onMouseDown={stay}
          onClick={back.go}
        >
          <Icon name="back" /> Back
        </button>
        <div class="curate-review-verdicts" role="group" aria-label="Answer">
          {BUTTONS.map(({ verdict, keys }) => (
            <Answer
              key={verdict}
              label={said[verdict]}
              keys={keys}
              disabled={none}
              strong={verdict === "yes"}
              onPress={() => review.answer(verdict)}
            />
          ))}
          {children}
        </div>
        <span class="curate-review-way curate-quiet curate-number" role="status" data-failed={failed > 0}>
          {onTheirWay(review.pending.value, failed)}
        </span>
      </div>
    </>
  );
}

interface AnswerProps {
  label: string;
  keys: string;
  disabled: boolean;
  title?: string | undefined;
  strong?: boolean;
  onPress: () => void;
}

/** One answer, and its key. */
export function Answer({ label, keys, disabled, title, strong = false, onPress }: AnswerProps) {
  return (
    <button
      type="button"
      class={strong ? "curate-button curate-review-yes" : "curate-button"}
      aria-disabled={disabled}
      aria-keyshortcuts={keys}
      title={title}
      onMouseDown={stay}
      onClick={onPress}
    >
      {label}{" "}
      <span class="curate-review-key" aria-hidden="true">
        {keys === "Enter" ? "↵" : keys}
      </span>
    </button>
  );
}

/** Why an answer was refused, and the way to send it again. */
export function Refused({ failure, again }: { failure: Failure | null; again?: () => void }) {
  if (failure === null) return null;
  return (
    <div class="curate-review-refusal" role="alert">
      <span>
        <bdi>{failure.message}</bdi>{" "}
        {failure.hint !== "" && <bdi class="curate-quiet">Hint: {failure.hint}</bdi>}
      </span>
      {again !== undefined && (
        <button type="button" class="curate-button" onClick={again}>
          <Icon name="refresh" /> Try again
        </button>
      )}
    </div>
  );
}
