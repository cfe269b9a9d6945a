import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Core } from "../store/core";
import { FakeModel } from "../store/testing";
import { ShellSlice } from "./slice";

let model: FakeModel;
let core: Core;
let shell: ShellSlice;
let root: HTMLElement;

function begin(traits: Record<string, unknown> = {}) {
  model = new FakeModel({ _part: "explorer", height: 760, ...traits });
  core = new Core(model);
  shell = new ShellSlice(core);
  root = document.createElement("div");
  document.body.append(root);
  shell.attach(root);
}

beforeEach(() => begin());

afterEach(() => {
  shell.dispose();
  core.dispose();
  root.remove();
  vi.restoreAllMocks();
});

it("has both panels beside the centre where there is room, and remembers which were closed", () => {
  shell.measure(1400);
  expect([shell.isOpen("facets"), shell.isOpen("inspector")]).toEqual([true, true]);
  shell.toggle("facets");
  expect(shell.isOpen("facets")).toBe(false);
  core.layout.dispose();
  begin({ _layout: model.traits._layout });
  shell.measure(1400);
  expect([shell.isOpen("facets"), shell.isOpen("inspector")]).toEqual([false, true]);
});

it("goes back from the duplicates to what was shown before them", () => {
  shell.setMode("map");
  shell.setMode("duplicates");
  shell.toSamples();
  expect(shell.mode.value).toBe("map");
  shell.toSamples();
  expect(shell.mode.value).toBe("map");
});

it("lays the inspector over the centre where there is less room, and nothing without being asked", () => {
  shell.measure(800);
  expect([shell.isOpen("facets"), shell.isOpen("inspector")]).toEqual([true, false]);
  shell.toggle("inspector");
  expect(shell.isOpen("inspector")).toBe(true);
  shell.measure(1400);
  expect(shell.isOpen("inspector")).toBe(true);
  shell.measure(800);
  expect(shell.isOpen("inspector")).toBe(false);
});

it("lays one panel over the centre at a time where it is narrow", () => {
  shell.measure(600);
  expect([shell.isOpen("facets"), shell.isOpen("inspector")]).toEqual([false, false]);
  shell.toggle("facets");
  shell.toggle("inspector");
  expect([shell.isOpen("facets"), shell.isOpen("inspector")]).toEqual([false, true]);
  expect(shell.putAway()).toBe(true);
  expect(shell.isOpen("inspector")).toBe(false);
  expect(shell.putAway()).toBe(false);
});

it("gives the focus back to the button that opened a panel", () => {
  const button = document.createElement("button");
  button.dataset.panel = "facets";
  root.append(button);
  shell.measure(600);
  shell.toggle("facets");
  shell.putAway();
  expect(document.activeElement).toBe(button);
});

it("takes no mode from a notebook that there is not", () => {
  expect(shell.mode.value).toBe("both");
  shell.setMode("map");
  expect(shell.mode.value).toBe("map");
  begin({ _layout: { mode: "<script>", share: 0.3 } });
  expect(shell.mode.value).toBe("both");
  expect(shell.share.value).toBe(0.3);
});

it("covers the page where the browser refuses the full screen", async () => {
  root.requestFullscreen = () => Promise.reject(new TypeError("not allowed"));
  root.showPopover = vi.fn();
  root.hidePopover = vi.fn();
  await shell.enter();
  expect(shell.full.value).toBe("page");
  expect(root.showPopover).toHaveBeenCalled();
  shell.leave();
  expect(shell.full.value).toBe("no");
  expect(root.hidePopover).toHaveBeenCalled();
  expect(root.hasAttribute("popover")).toBe(false);
});

it("knows when the browser has left the full screen by itself", async () => {
  root.requestFullscreen = () => Promise.resolve();
  await shell.enter();
  expect(shell.full.value).toBe("screen");
  shell.left();
  expect(shell.full.value).toBe("no");
});

it("follows the height that Python sets", () => {
  expect(shell.height.value).toBe(760);
  model.traits.height = 900;
  model.emit("change:height");
  expect(shell.height.value).toBe(900);
});
