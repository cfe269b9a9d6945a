import { batch, computed, effect, signal, untracked } from "@preact/signals";
import type { InspectorSlice } from "../inspector/slice";
import type { Job, Lasso, MapState, Place } from "../protocol";
import type { SelectionSlice } from "../selection/slice";
import type { Core } from "../store/core";
import type { Failure } from "../store/failure";
import type { Scene } from "./arrangement";
import { corners, type Point, sight, toMap } from "./camera";
import type { Colour } from "./colour";
import { type Raster, readRaster } from "./density";
import { simplify } from "./lasso";
import { boxOfView, unpack } from "./masks";
import { Painting } from "./painting";
import type { Theme } from "./palette";
import { Pointing } from "./pointing";
import { Viewpoint } from "./viewpoint";

type Operation = Lasso["operation"];

export const TOOLS = ["lasso", "rectangle", "pan"] as const;
export type Tool = (typeof TOOLS)[number];

/** The map: its points, where it is looked at from, what colours it, and what is pointed at. */
export class MapSlice {
  /** What the kernel says the map is; null until it has. */
  readonly info = signal<MapState | null>(null);
  readonly failure = signal<Failure | null>(null);
  readonly scene = signal<Scene | null>(null);
  /** Count up when that part of the scene changed. */
  readonly placesAt = signal(0);
  readonly statesAt = signal(0);
  /** How many points have come, are in the view, and are selected. */
  readonly arrived = signal(0);
  readonly inView = signal(0);
  readonly selected = signal(0);
  readonly raster = signal<Raster | null>(null);
  readonly places = signal<readonly Place[]>([]);

  readonly viewpoint = new Viewpoint(
    computed(() => (this.info.value === null || this.info.value.map === 0 ? null : this.info.value.box)),
  );
  private readonly clicked = signal<{ point: number; sample: string } | null>(null);
  /** The point of the sample in the inspector, where it was opened from here; or -1. */
  readonly opened = computed(() => {
    const clicked = this.clicked.value;
    return clicked !== null && this.inspector.opened.value?.sampleId === clicked.sample ? clicked.point : -1;
  });
  readonly pointing: Pointing;
  readonly painting: Painting;
  readonly tool = computed<Tool>(() => {
    const saved = this.core.layout.get("map.tool", "lasso");
    return TOOLS.find((tool) => tool === saved) ?? "lasso";
  });
  /** Whether places are named. */
  readonly named = computed(() => this.core.layout.get("map.names", true));
  readonly theme = signal<Theme>("light");

  /** The making of the map, where it is under way or has just failed. */
  readonly job = signal<Job | null>(null);
  /** What was done, for whoever cannot see it. */
  readonly said = signal("");

  private readonly off: (() => void)[];
  private reveal: (() => void) | undefined;
  private attached = false;
  private outdated = false;
  private loading: AbortController | undefined;
  private masking: AbortController | undefined;
  private rasterAbort: AbortController | undefined;

  constructor(
    readonly core: Core,
    readonly selection: SelectionSlice,
    readonly inspector: InspectorSlice,
  ) {
    this.pointing = new Pointing(core, this.viewpoint);
    this.painting = new Painting(core);
    this.off = [
      core.onVersion((state, before) => {
        const job = state.jobs.find((one) => one.kind === "project");
        if (job !== undefined) this.job.value = job;
        if (before === null) return;
        this.outdate(true);
        this.painting.refilter();
        // Tags and labels may be other ones now; columns of the metadata are not.
        const kind = this.painting.colour.peek()?.kind;
        if (this.attached && (kind === "tags" || kind === "labels")) void this.painting.load();
      }),
      core.onSelection(() => this.outdate()),
      core.onEvent((event) => {
        if (event.type === "job_changed" && event.job.kind === "project") this.job.value = event.job;
        if (event.type !== "map_changed") return;
        if (this.attached) void this.load();
        else this.info.value = null;
      }),
    ];
  }

  dispose(): void {
    for (const off of this.off) off();
    this.reveal?.();
    this.detach();
    for (const abort of [this.loading, this.masking, this.rasterAbort]) abort?.abort();
    this.pointing.dispose();
    this.painting.dispose();
    this.scene.value = null;
  }

  /** The map is on the screen: load it, or what has changed of it. */
  attach(): void {
    this.attached = true;
    if (this.info.peek() === null) void this.load();
    else if (this.outdated) this.outdate();
  }

  detach(): void {
    this.attached = false;
    this.pointing.to(-1);
    this.viewpoint.stop();
  }

  // What the kernel knows

  async load(): Promise<void> {
    this.loading?.abort();
    const abort = new AbortController();
    this.loading = abort;
    this.failure.value = null;
    try {
      const { reply: info } = await this.core.rpc.request("get_map", {}, abort.signal);
      const kept = this.keep(info);
      const scene = kept ?? this.take(info);
      if (scene === null) return;
      await Promise.all([
        kept ?? this.loadPoints(info, scene, abort.signal),
        this.loadMasks(),
        this.painting.start(info, scene, abort.signal),
      ]);
      const { reply } = await this.core.rpc.request("get_places", { map: info.map }, abort.signal);
      this.places.value = reply.places;
    } catch (error) {
      this.core.fail(error, this.failure);
    }
  }

  /** The points that are here, where they are those of that map: then only what is known of them may be other than before. */
  private keep(info: MapState): Scene | null {
    if (this.info.peek()?.map !== info.map || this.arrived.peek() !== info.points) return null;
    this.info.value = info;
    return this.scene.peek();
  }

  private take(info: MapState): Scene | null {
    const before = this.info.peek();
    // No number is nowhere: what has not come yet is not drawn.
    const xy = new Float32Array(2 * info.points).fill(Number.NaN);
    const [codes, state] = [new Uint16Array(info.points), new Uint8Array(info.points)];
    const scene = info.map === 0 ? null : { xy, codes, state };
    this.pointing.reset(null);
    this.clicked.value = null;
    batch(() => {
      this.info.value = info;
      this.arrived.value = 0;
      this.raster.value = null;
      this.places.value = [];
      this.scene.value = scene;
      if (String(before?.box) !== String(info.box)) this.viewpoint.reset();
    });
    return scene;
  }

  private async loadPoints(info: MapState, scene: Scene, abort: AbortSignal): Promise<void> {
    for (let chunk = 0; chunk < info.chunks; chunk++) {
      const { reply, buffer } = await this.core.rpc.request("get_points", { map: info.map, chunk }, abort);
      const count = reply.stop - reply.start;
      // Buffers of a comm begin anywhere; numbers of four bytes cannot.
      const values = new Float32Array(buffer.slice().buffer);
      for (let i = 0; i < count; i++) {
        scene.xy[2 * (reply.start + i)] = values[i] as number;
        scene.xy[2 * (reply.start + i) + 1] = values[count + i] as number;
      }
      batch(() => {
        this.arrived.value = reply.stop;
        this.placesAt.value++;
      });
    }
    this.pointing.reset(scene);
  }

  /** The view or the selection has changed; after another step, counts and pictures go before. */
  private outdate(later = false): void {
    this.outdated = !this.attached;
    if (this.attached) void this.loadMasks(later);
  }

  private async loadMasks(later = false): Promise<void> {
    const info = this.info.peek();
    const scene = this.scene.peek();
    if (info === null || scene === null) return;
    this.masking?.abort();
    const abort = new AbortController();
    this.masking = abort;
    try {
      if (later) await this.core.rpc.idle();
      const { buffer } = await this.core.rpc.request("get_masks", { map: info.map }, abort.signal);
      if (this.scene.peek() !== scene) return;
      const { inView, selected } = unpack(buffer, scene.state);
      batch(() => {
        this.inView.value = inView;
        this.selected.value = selected;
        this.statesAt.value++;
      });
      if (info.density) await this.loadRaster(info);
    } catch (error) {
      this.core.fail(error, null);
    }
  }

  private async loadRaster(info: MapState): Promise<void> {
    this.rasterAbort?.abort();
    const abort = new AbortController();
    this.rasterAbort = abort;
    const { reply, buffer } = await this.core.rpc.request("get_density", { map: info.map }, abort.signal);
    if (this.info.peek()?.map === reply.map)
      this.raster.value = readRaster(reply.width, reply.height, buffer);
  }

  // What is arranged

  /** Colour the points by a column, a label field or tags; null: what is in the view has the accent. */
  colourBy(kind: Colour["kind"] | null, column = ""): void {
    this.painting.by(kind === null ? null : { kind, column });
  }

  use(tool: Tool): void {
    this.core.layout.set("map.tool", tool);
  }

  name(named: boolean): void {
    this.core.layout.set("map.names", named);
  }

  // Where it is looked at from

  fitAll(): void {
    const whole = this.viewpoint.whole.peek();
    if (whole !== null) this.viewpoint.fly(whole);
  }

  /** Show all that is in the view. */
  fitView(): void {
    const scene = this.scene.peek();
    const box = scene && boxOfView(scene.xy, scene.state);
    if (box) this.viewpoint.fit(box);
  }

  // Selecting and opening

  /** Select what a path in pixels encloses. */
  async enclose(path: readonly Point[], operation: Operation): Promise<void> {
    const [camera, size] = [this.viewpoint.camera.peek(), this.viewpoint.size.peek()];
    if (camera === null || path.length < 3) return;
    await this.lasso(
      simplify(path).map((point) => [...toMap(camera, size, point)] as [number, number]),
      operation,
    );
  }

  /** Select all that is on the canvas. */
  async selectSight(operation: Operation): Promise<void> {
    const camera = this.viewpoint.camera.peek();
    if (camera !== null) await this.lasso(corners(sight(camera, this.viewpoint.size.peek())), operation);
  }

  private async lasso(polygon: [number, number][], operation: Operation): Promise<void> {
    const map = this.info.peek()?.map ?? 0;
    if (map === 0 || polygon.length < 3) return;
    const request = this.core.rpc.request("lasso", { map, operation, polygon });
    // It takes the answer in, and says what was wrong.
    this.selection.answer(request);
    const answer = await request.catch(() => null);
    if (answer === null) return;
    const { count, here } = answer.reply;
    const outside = count > here ? `, ${(count - here).toLocaleString("en")} of them outside the view` : "";
    this.said.value = `${count.toLocaleString("en")} selected${outside}`;
  }

  /** Open the sample of a point in the inspector, and show it in the grid where that is on the screen. */
  async open(point: number): Promise<void> {
    const sample = await this.pointing.sampleOf(point);
    if (sample === null) return;
    this.clicked.value = { point, sample };
    this.inspector.open(sample);
    if (this.core.part !== "explorer" || this.core.layout.get("mode", "both") !== "both") return;
    this.reveal?.();
    // Its row is known when the kernel has answered, unless somebody opens another one before.
    this.reveal = effect(() => {
      const { current, opened } = this.inspector;
      if (opened.value?.sampleId === sample && current.value === null) return;
      if (opened.value?.sampleId === sample) untracked(() => this.inspector.showInGrid());
      queueMicrotask(() => this.reveal?.());
    });
  }

  /** Select the sample of a point, or no longer. */
  async toggle(point: number): Promise<void> {
    const sample = await this.pointing.sampleOf(point);
    if (sample !== null) this.selection.toggleSamples([sample]);
  }

  // Making the map

  async make(again = false): Promise<void> {
    try {
      const { reply } = await this.core.rpc.request("project", { again });
      this.job.value = reply.job;
    } catch (error) {
      this.core.fail(error, null);
    }
  }

  async stopMaking(): Promise<void> {
    const job = this.job.peek();
    if (job === null) return;
    try {
      await this.core.rpc.request("stop_job", { job: job.id });
    } catch (error) {
      this.core.fail(error, null);
    }
  }
}
