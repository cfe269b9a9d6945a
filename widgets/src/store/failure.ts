import { KernelError } from "../rpc/client";

/** What went wrong, and what to do next. */
export interface Failure {
  message: string;
  hint: string;
}

/** The words of an error; null for a cancelled request, which is none. */
export function failureOf(error: unknown): Failure | null {
  if (error instanceof DOMException && error.name === "AbortError") return null;
  const message = error instanceof Error ? error.message : String(error);
  return { message, hint: error instanceof KernelError ? error.hint : "" };
}
