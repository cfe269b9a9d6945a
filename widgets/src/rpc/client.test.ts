import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Event } from "../protocol";
import { FakeModel } from "../store/testing";
import { KernelError, LOST_AFTER, RpcClient, SILENT_AFTER, SLOW_AFTER } from "./client";

interface Sent {
  type: string;
  client: string;
  id: number;
  target?: number;
}

let model: FakeModel;
let events: Event[];
let client: RpcClient;

beforeEach(() => {
  vi.useFakeTimers();
  model = new FakeModel();
  events = [];
  client = new RpcClient(model, (event) => events.push(event));
});

afterEach(() => {
  client.dispose();
  vi.useRealTimers();
});

const last = () => model.sent.at(-1) as Sent;

function answer(request: Sent, reply: object, ...buffers: DataView[]): void {
  model.emit("msg:custom", { client: request.client, id: request.id, ...reply }, buffers);
}

it("matches answers to requests, in whatever order they come", async () => {
  const first = client.request("get_ids", {});
  const second = client.request("get_page", { start: 0, stop: 4 });
  const [a, b] = model.sent as [Sent, Sent];
  answer(b, { type: "page", start: 0, rows: [] }, new DataView(new Uint8Array([1, 2]).buffer));
  answer(a, { type: "ids", ids: ["9007199254740993"], count: 1 });
  expect((await second).buffer).toEqual(new Uint8Array([1, 2]));
  expect((await first).reply.ids).toEqual(["9007199254740993"]);
});

it("turns an error into one with a hint", async () => {
  const asked = client.request("tag", { name: "x" });
  answer(last(), { type: "error", message: "no", hint: "yes" });
  await expect(asked).rejects.toThrow(KernelError);
  await expect(asked).rejects.toMatchObject({ message: "no", hint: "yes" });
});

it("cancels: the kernel is told, and a late answer is nobody's", async () => {
  const abort = new AbortController();
  const asked = client.request("get_page", { start: 0, stop: 4 }, abort.signal);
  const request = last();
  abort.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  expect(last()).toMatchObject({ type: "cancel", target: request.id });
  answer(request, { type: "page", start: 0, rows: [] });
  expect(client.connection.value).toBe("fine");
});

it("leaves the answers of another client alone, and hears events", async () => {
  const asked = client.request("get_ids", {});
  model.emit("msg:custom", { type: "ids", client: "another", id: last().id, ids: [], count: 0 }, []);
  model.emit("msg:custom", { type: "view_changed", version: 3 }, []);
  expect(events).toEqual([{ type: "view_changed", version: 3 }]);
  answer(last(), { type: "ids", ids: ["1"], count: 1 });
  expect((await asked).reply.count).toBe(1);
});

it("is slow after a while, and fine again when the answer comes", async () => {
  const asked = client.request("get_ids", {});
  vi.advanceTimersByTime(SLOW_AFTER - 100);
  expect(client.connection.value).toBe("fine");
  vi.advanceTimersByTime(200);
  expect(client.connection.value).toBe("slow");
  vi.advanceTimersByTime(SILENT_AFTER);
  expect(client.connection.value).toBe("silent");
  answer(last(), { type: "ids", ids: [], count: 0 });
  await asked;
  expect(client.connection.value).toBe("fine");
});

it("is lost when the line was cut and nobody answers, and comes back", () => {
  model.emit("comm_live_update");
  expect(last().type).toBe("hello");
  vi.advanceTimersByTime(LOST_AFTER + 10);
  expect(client.connection.value).toBe("lost");
  model.emit("msg:custom", { type: "view_changed", version: 2 }, []);
  expect(client.connection.value).toBe("fine");
});

it("is lost when nothing can be sent", () => {
  model.broken = true;
  client.request("get_ids", {}).catch(() => undefined);
  expect(client.connection.value).toBe("lost");
});
