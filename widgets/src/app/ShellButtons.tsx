import { Icon } from "../icons/Icon";
import type { ShellSlice } from "./slice";

/** What every widget's top bar ends with. */
export function ShellButtons({ shell }: { shell: ShellSlice }) {
  const full = shell.full.value !== "no";
  return (
    <>
      <button
        type="button"
        class="curate-button curate-plain"
        aria-label="Full screen"
        aria-pressed={full}
        title={full ? "Leave full screen (Esc)" : "Full screen"}
        onClick={() => (shell.full.peek() === "no" ? void shell.enter() : shell.leave())}
      >
        <Icon name={full ? "collapse" : "expand"} />
      </button>
      <button
        type="button"
        class="curate-button curate-plain"
        aria-label="Keyboard help"
        title="Keyboard help (?)"
        onClick={() => {
          shell.help.value = true;
        }}
      >
        <Icon name="help" />
      </button>
    </>
  );
}
