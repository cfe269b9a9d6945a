import { describe, expect, it } from "vitest";
import type { Job } from "../protocol";
import { merged, progressText } from "./slice";

const job = (id: number, more: Partial<Job> = {}): Job => ({
  id,
  kind: "export",
  title: `Export ${id}`,
  done: 0,
  total: 10,
  state: "running",
  text: "",
  hint: "",
  ...more,
});

describe("jobs", () => {
  it("stand in the order in which they began, each as it is now", () => {
    const jobs = [job(2), job(1), job(2, { done: 5 }), job(3)].reduce(merged, [] as readonly Job[]);
    expect(jobs.map(({ id, done }) => [id, done])).toEqual([
      [1, 0],
      [2, 5],
      [3, 0],
    ]);
  });

  it("that have ended do not run again because of news that came late", () => {
    const ended = job(1, { state: "failed", text: "disk full" });
    expect(merged([ended], job(1, { done: 3 }))).toEqual([ended]);
  });

  it("say how far they are as soon as they know", () => {
    expect(progressText(job(1, { done: 1200, total: 2000 }))).toBe("1,200 of 2,000");
    expect(progressText(job(1, { total: 0 }))).toBe("");
    expect(progressText(job(1, { text: "export", done: 3 }))).toBe("3 of 10");
    expect(progressText(job(1, { text: "map of demo: layout", done: 3 }))).toBe("layout 3 of 10");
  });
});
