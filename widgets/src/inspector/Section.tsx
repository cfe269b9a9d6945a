import type { ComponentChildren } from "preact";

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="curate-facts-section" aria-label={title}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}
