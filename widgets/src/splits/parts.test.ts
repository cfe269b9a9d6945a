import { describe, expect, it } from "vitest";
import { FIRST, rest, type Wanted, wanted, withAnother, wrong } from "./parts";

const parts = (...shares: [string, string][]): Wanted[] =>
  shares.map(([name, percent], key) => ({ key, name, percent }));

describe("the parts of a split", () => {
  it("sum to a whole, however they were typed", () => {
    expect(wrong(FIRST)).toBe("");
    expect(wrong(parts(["a", "33.3"], ["b", "33,3"], ["c", " 33.4"]))).toBe("");
    expect(wanted(FIRST)).toEqual([
      { name: "train", share: 0.8 },
      { name: "val", share: 0.1 },
      { name: "test", share: 0.1 },
    ]);
  });

  it("say what is missing, and what is too much", () => {
    expect(wrong(parts(["a", "80"], ["b", "10"]))).toBe("10 % are in no part yet.");
    expect(wrong(parts(["a", "80.1"], ["b", "20"]))).toBe("These are 0.1 % too much.");
    expect(wrong(parts(["a", "80"], ["b", "ten"]))).toContain("share of b");
    expect(wrong(parts(["a", "80"], ["b", ""]))).toContain("share of b");
    expect(wrong(parts(["a", "-20"], ["b", "120"]))).toContain("share of a");
    expect(wrong(parts(["a", "50"], [" a", "50"]))).toContain("two parts called “a”");
    expect(wrong(parts(["a", "50"], [" ", "50"]))).toBe("Each part needs a name.");
  });

  it("get another one with what the others leave, and a key of its own", () => {
    const more = withAnother(parts(["train", "70"], ["test", "10"]));
    expect(more[2]).toEqual({ key: 2, name: "val", percent: "20" });
    expect(rest(more)).toBe(0);
    expect(withAnother(parts(["train", "110"]))[1]?.percent).toBe("0");
  });
});
