import { Switch } from "../app/Switch";
import { Icon } from "../icons/Icon";
import { Top as ReviewTop } from "../review/Top";
import { counted } from "../review/wording";
import type { Store } from "../store/store";

const LAYOUTS = [
  { name: "one", label: "One", title: "One picture (g)" },
  { name: "nine", label: "Nine", title: "A grid of nine (g)" },
] as const;

/** What is hunted, how far it is, and how it is shown. */
export function Top({ store }: { store: Store }) {
  const { hunt, core } = store;
  const state = hunt.state.value;
  return (
    <ReviewTop
      store={store}
      review={hunt}
      name={state?.name}
      count={state?.found}
      counts="found"
      title={state?.looks_for}
      view={
        <Switch
          label="Pictures at once"
          choices={LAYOUTS}
          value={hunt.paged.value ? "nine" : "one"}
          onChange={(layout) => hunt.setPaged(layout === "nine")}
        />
      }
    >
      {state !== null && (
        <>
          <Icon name="search" />
          <bdi>{state.looks_for}</bdi>
          <span class="curate-quiet curate-number">
            {`in ${counted(state.total, "sample")}`}
            {core.state.value !== null && (
              <>
                {" of "}
                <bdi>{core.state.value.dataset}</bdi>
              </>
            )}
          </span>
        </>
      )}
    </ReviewTop>
  );
}
