import { describe, expect, it } from "vitest";
import { ago, exactly } from "./ago";

const NOW = new Date("2026-11-23T14:00:00Z");
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

describe("how long ago", () => {
  it.each([
    [0, "just now"],
    [44, "just now"],
    [46, "1 min ago"],
    [125, "2 min ago"],
    [59 * 60, "59 min ago"],
    [3590, "1 h ago"],
    [3 * 3600 + 100, "3 h ago"],
    [23 * 3600, "23 h ago"],
    [24 * 3600 - 60, "yesterday"],
    [30 * 3600, "yesterday"],
    [3 * 24 * 3600, "3 days ago"],
    [7 * 24 * 3600, "7 days ago"],
    [-20, "just now"],
  ])("%s seconds", (seconds, words) => {
    expect(ago(before(seconds), NOW)).toBe(words);
  });

  it("is a date where it is long ago, or far ahead", () => {
    expect(ago("2026-11-01T12:00:00Z", NOW)).toBe("2026-11-01");
    expect(ago("2027-03-05T12:00:00Z", NOW)).toBe("2027-03-05");
  });

  it("reads the microseconds of the kernel", () => {
    expect(ago("2026-11-23T13:58:00.123456Z", NOW)).toBe("2 min ago");
  });

  it("says nothing about what is no time", () => {
    expect(ago("", NOW)).toBe("");
    expect(exactly("soon")).toBe("");
  });

  it("exactly, for those who want to know", () => {
    expect(exactly("2026-11-23T13:58:09Z")).toMatch(/^2026-11-2\d \d\d:\d8:09$/);
  });
});
