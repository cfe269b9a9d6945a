interface Choice<T extends string> {
  name: T;
  label: string;
  title?: string;
  /** It cannot be chosen; `title` says why. */
  disabled?: boolean;
}

/** Several buttons of which one is on: one stop for Tab, and arrows from one to the next. */
export function Switch<T extends string>({
  label,
  choices,
  value,
  onChange,
  class: extra = "",
}: {
  label: string;
  choices: readonly Choice<T>[];
  value: T;
  onChange: (name: T) => void;
  class?: string;
}) {
  const possible = choices.filter(({ disabled }) => !disabled);
  const go = (step: number, group: HTMLElement) => {
    const at = possible.findIndex(({ name }) => name === value);
    const next = possible[(at + step + possible.length) % possible.length];
    if (next === undefined) return;
    onChange(next.name);
    (group.children[choices.indexOf(next)] as HTMLElement).focus();
  };
  return (
    <div
      class={`curate-switch ${extra}`}
      role="radiogroup"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight" || event.key === "ArrowDown") go(1, event.currentTarget);
        else if (event.key === "ArrowLeft" || event.key === "ArrowUp") go(-1, event.currentTarget);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      {choices.map(({ name, label, title, disabled }) => (
        <button
          key={name}
          type="button"
          role="radio"
          aria-checked={value === name}
          aria-disabled={disabled || undefined}
          tabIndex={value === name ? 0 : -1}
          title={title}
          onClick={() => {
            if (!disabled) onChange(name);
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
