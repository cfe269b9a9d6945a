import type { Failure } from "../store/failure";

/** Why a form was refused, and what to do. */
export function Refusal({ failure }: { failure: Failure | null }) {
  return (
    <div role="alert" class="curate-refusal">
      {failure && (
        <>
          <bdi>{failure.message}</bdi>
          {failure.hint !== "" && (
            <span class="curate-quiet">
              Hint: <bdi>{failure.hint}</bdi>
            </span>
          )}
        </>
      )}
    </div>
  );
}
