import { expect, it } from "vitest";
import { highlighted } from "./highlight";

const CODE = `ds.where("weather = 'rain' # no comment").search("it's", minus=['a\\'b']).limit(1_000)  # view
ds.like(1e-3, None).x2`;

it("loses no letter", () => {
  for (const code of [CODE, "", "'", '"""\nopen', "größe = <script>", "🚗 1.5"]) {
    expect(
      highlighted(code)
        .map(({ text }) => text)
        .join(""),
    ).toBe(code);
  }
});

it("tells strings, numbers, calls and comments apart", () => {
  const of = (kind: string) =>
    highlighted(CODE)
      .filter((piece) => piece.kind === kind)
      .map(({ text }) => text);
  expect(of("string")).toEqual(["\"weather = 'rain' # no comment\"", '"it\'s"', "'a\\'b'"]);
  expect(of("call")).toEqual(["where", "search", "limit", "like"]);
  expect(of("number")).toEqual(["1_000", "1e-3"]);
  expect(of("word")).toEqual(["None"]);
  expect(of("comment")).toEqual(["# view"]);
});
