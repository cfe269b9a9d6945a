import { describe, expect, it } from "vitest";
import type { LabelLine } from "../protocol";
import { grouped, scoreText } from "./labels";

const label = (value: string, more: Partial<LabelLine> = {}): LabelLine => ({
  field: "objects",
  value,
  kind: "detection",
  score: null,
  source: "ada",
  source_kind: "annotator",
  time: "2026-11-23T10:00:00Z",
  ...more,
});

describe("labels of one sample", () => {
  it("are one line where they say the same and by the same", () => {
    const found = grouped([label("car"), label("bus"), label("car"), label("car", { source: "yolo" })]);
    expect(found.map(({ value, source, count }) => [value, source, count])).toEqual([
      ["car", "ada", 2],
      ["bus", "ada", 1],
      ["car", "yolo", 1],
    ]);
  });

  it("are told apart whatever characters their names have", () => {
    expect(grouped([label("a", { field: 'b","c' }), label('c","a', { field: "b" })])).toHaveLength(2);
  });

  it("keep the span of their scores and the latest time", () => {
    const [found] = grouped([
      label("car", { score: 0.61 }),
      label("car", { time: "2026-11-23T12:00:00Z" }),
      label("car", { score: 0.97 }),
    ]);
    expect(found?.scores).toEqual([0.61, 0.97]);
    expect(found?.time).toBe("2026-11-23T12:00:00Z");
  });
});

describe("scores", () => {
  it("are short", () => {
    expect(scoreText(null)).toBe("");
    expect(scoreText([0.5, 0.5])).toBe("0.50");
    expect(scoreText([0.501, 0.499])).toBe("0.50");
    expect(scoreText([0.612, 0.974])).toBe("0.61–0.97");
  });
});
