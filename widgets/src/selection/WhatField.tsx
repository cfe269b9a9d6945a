import { useId } from "preact/hooks";
import type { Store } from "../store/store";
import type { What } from "./slice";

/** The selection or the whole view; where nothing is selected, it is the view. */
export function WhatField({
  store,
  what,
  onChange,
}: {
  store: Store;
  what: What;
  onChange: (what: What) => void;
}) {
  const name = useId();
  const selected = store.selection.selected.value;
  const count = store.core.state.value?.count ?? 0;
  const choice = (value: What, text: string, disabled: boolean) => (
    <label class="curate-choice">
      <input
        type="radio"
        name={name}
        checked={what === value}
        disabled={disabled}
        onChange={() => onChange(value)}
      />
      {text}
    </label>
  );
  return (
    <fieldset class="curate-what">
      <legend class="curate-unseen">What</legend>
      {choice("selection", `the selection, ${selected.toLocaleString("en")}`, selected === 0)}
      {choice("view", `the whole view, ${count.toLocaleString("en")}`, count === 0)}
    </fieldset>
  );
}
