import type { ComponentChildren } from "preact";

/**
 * Sends without being submitted, which a frame without `allow-forms` forbids: Enter in a field sends, and so does a
 * button that calls `send`. The notes' field keeps its Enter.
 */
export function Form({ idle, busy, send, children }: FormProps) {
  return (
    <form
      aria-busy={busy}
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || event.isComposing || !(event.target instanceof HTMLInputElement)) return;
        event.preventDefault();
        if (!idle) send();
      }}
    >
      {children}
    </form>
  );
}

interface FormProps {
  /** Whether nothing can be sent now. */
  idle: boolean;
  busy?: boolean;
  send: () => void;
  children: ComponentChildren;
}
