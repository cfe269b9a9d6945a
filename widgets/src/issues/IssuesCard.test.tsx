import { render } from "preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Store } from "../store/store";
import { FakeModel, state } from "../store/testing";
import { IssuesCard } from "./IssuesCard";
import { issues } from "./testing";

let model: FakeModel;
let store: Store;

const said = () => document.body.textContent ?? "";
const drawn = () => new Promise((resolve) => setTimeout(resolve, 30));
const button = (name: string) =>
  [...document.querySelectorAll("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent ?? "").trim() === name,
  );

async function shown(reply: ReturnType<typeof issues>, changes: Parameters<typeof state>[0] = {}) {
  await model.answer("hello", state({ count: 2000, ...changes }));
  render(<IssuesCard store={store} />, document.body);
  await drawn();
  await model.answer("get_issues", reply);
  await drawn();
}

beforeEach(() => {
  model = new FakeModel({ _part: "explorer" });
  store = new Store(model);
});

afterEach(() => {
  render(null, document.body);
  store.dispose();
  vi.restoreAllMocks();
});

it("lists what was found, names what was not, and filters by a click", async () => {
  await shown(issues({ samples: 1990 }));
  expect(said()).toContain("None: light.");
  expect(said()).toContain("10 samples have come since: find again.");
  expect(button("Light: 0")).toBeUndefined();
  button("Dark: 40")?.click();
  await drawn();
  expect(button("Dark: 40")?.getAttribute("aria-pressed")).toBe("true");
  expect(model.last("edit").change).toMatchObject({ type: "set_facet", column: "is_dark_issue" });
});

it("offers the search where nobody has looked, and shows how far it is", async () => {
  await shown(issues({ searched: false, kinds: [] }));
  expect(said()).toContain("nobody has looked yet");
  button("Find issues")?.click();
  expect(model.count("find_issues")).toBe(1);
  const job = {
    id: 1,
    kind: "issues",
    title: "Find issues",
    done: 5,
    total: 20,
    text: "",
    hint: "",
  } as const;
  model.tell({ type: "job_changed", job: { ...job, state: "running" } });
  await drawn();
  expect(document.querySelector("progress")?.getAttribute("aria-label")).toBe("Find issues");
  expect(button("Find issues")).toBeUndefined();
  button("Stop")?.click();
  expect(model.last("stop_job").job).toBe(1);
  model.tell({
    type: "job_changed",
    job: { ...job, state: "failed", text: "The disk is full", hint: "make room" },
  });
  await drawn();
  expect(said()).toContain("The disk is full Hint: make room");
});

it("cannot search where nothing can be written, and says why where something is missing", async () => {
  await shown(issues({ searched: false, kinds: [] }), { writable: false });
  expect(button("Find issues")?.disabled).toBe(true);
  model.tell({ type: "issues_changed" });
  await model.answer("get_issues", issues({ searched: false, kinds: [], why: "There are no pictures" }));
  await drawn();
  expect(said()).toContain("There are no pictures");
  expect(button("Find issues")).toBeUndefined();
});

it("says that nothing is wrong", async () => {
  await shown(issues({ kinds: issues().kinds.map((kind) => ({ ...kind, all: 0, view: 0 })) }));
  expect(said()).toContain("Nothing is wrong with these samples");
});
