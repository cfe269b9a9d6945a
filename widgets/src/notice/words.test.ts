import { expect, it } from "vitest";
import { waitingFor } from "./words";

const fine = { alive: true, busy: false, online: true };

it("says what it waits for", () => {
  expect(waitingFor("fine", fine)).toBe("");
  expect(waitingFor("slow", fine)).toMatch(/working/);
  expect(waitingFor("slow", { ...fine, alive: false })).toMatch(/until the running cell ends/);
  expect(waitingFor("slow", { ...fine, alive: false, busy: true })).toMatch(/with this or/);
  expect(waitingFor("silent", fine)).toMatch(/connection to the server/);
  expect(waitingFor("slow", { ...fine, online: false })).toMatch(/offline/);
});
