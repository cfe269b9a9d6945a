import { expect, it } from "vitest";
import { waitingFor } from "./words";

it("says what it waits for", () => {
  expect(waitingFor("fine", true, true)).toBe("");
  expect(waitingFor("slow", true, true)).toMatch(/working/);
  expect(waitingFor("slow", false, true)).toMatch(/kernel is busy/);
  expect(waitingFor("silent", true, true)).toMatch(/connection to the server/);
  expect(waitingFor("slow", true, false)).toMatch(/offline/);
});
