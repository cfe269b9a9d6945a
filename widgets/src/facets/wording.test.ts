import { describe, expect, it } from "vitest";
import { countText, edgeText, intervalText, stepOf } from "./wording";

describe("counts", () => {
  it("are whole as long as there is room", () => {
    expect([0, 96, 2000, 99_999].map(countText)).toEqual(["0", "96", "2,000", "99,999"]);
    expect([100_000, 597_758, 999_499, 999_999, 1_234_567].map(countText)).toEqual([
      "100k",
      "598k",
      "999k",
      "1M",
      "1.23M",
    ]);
  });
});

describe("edges", () => {
  it("are as exact as the bins are wide", () => {
    expect(edgeText(0.30000000000000004, "number", 0.1)).toBe("0.3");
    expect(edgeText(0.025, "number", 0.025)).toBe("0.025");
    expect(edgeText(-12.5, "number", 2.5)).toBe("−12.5");
    expect(edgeText(20_000, "number", 5000)).toBe("20,000");
    expect(edgeText(3e12, "number", 1e11)).toBe("3e12");
    expect(edgeText(2.5e-7, "number", 1e-7)).toBe("2.5e-7");
    expect(edgeText(29_870_944.77011725, "number", 20_000)).toBe("29,870,944.8");
  });

  it("of times say no more than the bins tell apart, in UTC", () => {
    const noon = Date.UTC(2026, 2, 4, 12, 30, 5) / 1000;
    expect(edgeText(noon, "time", 365 * 86_400)).toBe("2026");
    expect(edgeText(noon, "time", 31 * 86_400)).toBe("Mar 2026");
    expect(edgeText(noon, "time", 86_400)).toBe("4 Mar 2026");
    expect(edgeText(noon, "time", 3600)).toBe("4 Mar, 12:30");
    expect(edgeText(noon, "time", 5)).toBe("12:30:05");
    expect(edgeText(-86_400, "time", 86_400)).toBe("31 Dec 1969");
  });
});

describe("intervals", () => {
  it("read as a person says them", () => {
    expect(intervalText({ type: "interval", low: 0, high: 0.31 }, "number", 0.01)).toBe("0.00 – 0.31");
    expect(intervalText({ type: "interval", low: null, high: 0.3 }, "number", 0.05)).toBe("< 0.30");
    expect(intervalText({ type: "interval", low: 4, high: null }, "number", 1)).toBe("≥ 4");
    const march = Date.UTC(2026, 2, 1) / 1000;
    expect(intervalText({ type: "interval", low: march, high: null }, "time", 28 * 86_400)).toBe(
      "from Mar 2026",
    );
    expect(intervalText({ type: "interval", low: null, high: march }, "time", 86_400)).toBe(
      "before 1 Mar 2026",
    );
  });
});

describe("intervals of whole numbers", () => {
  it("name the last number that they keep", () => {
    const of = (low: number | null, high: number | null) =>
      intervalText({ type: "interval", low, high }, "number", 1, true);
    expect([of(4, 8), of(4, 5), of(null, 5), of(4, null), of(4, 7.5)]).toEqual([
      "4 – 7",
      "4",
      "≤ 4",
      "≥ 4",
      "4 – 7",
    ]);
  });
});

describe("the width of bins", () => {
  it("is that between the ends, which may reach far", () => {
    expect(stepOf([-1000, 0, 1, 2, 3, 99])).toBe(1);
    expect(stepOf([3, 4])).toBe(1);
  });
});
