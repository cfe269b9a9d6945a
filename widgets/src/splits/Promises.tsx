import { Icon } from "../icons/Icon";
import type { SplitState } from "../protocol";
import { counted } from "../review/wording";

/** Warnings that are spelled out at once. */
const SHOWN = 3;

/** Each thing that was promised, whether it holds, and the numbers; and what could not be met. */
export function Promises({ state: { promises, warnings, nearness } }: { state: SplitState }) {
  const said = [...new Set([...warnings, ...(nearness?.notes ?? [])])];
  const [first, more] = [said.slice(0, SHOWN), said.slice(SHOWN)];
  return (
    <section aria-label="Promises">
      <ul class="curate-splits-promises">
        {promises.map(({ name, passed, text }) => (
          <li key={name} data-passed={passed}>
            <span class="curate-splits-mark" role="img" aria-label={passed ? "holds" : "broken"}>
              <Icon name={passed ? "check" : "close"} />
            </span>
            <span>
              <b>{name[0]?.toUpperCase() + name.slice(1)}</b>
              <bdi class="curate-quiet">{text}</bdi>
            </span>
          </li>
        ))}
      </ul>
      {first.length > 0 && (
        <ul class="curate-splits-warnings" aria-label="Warnings">
          {first.map((line) => (
            <Warning key={line} line={line} />
          ))}
          {more.length > 0 && (
            <li>
              <details>
                <summary>{counted(more.length, "more warning")}</summary>
                <ul>
                  {more.map((line) => (
                    <Warning key={line} line={line} />
                  ))}
                </ul>
              </details>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function Warning({ line }: { line: string }) {
  return (
    <li>
      <Icon name="warning" /> <bdi>{line}</bdi>
    </li>
  );
}
