import { effect, signal } from "@preact/signals";
import { Arrangement } from "./arrangement";
import { toScreen } from "./camera";
import { paint } from "./density";
import { look, outside, readTones, type Tones } from "./look";
import { palette } from "./palette";
import { Renderer } from "./renderer";
import type { MapSlice } from "./slice";

const MOST_RATIO = 2;
/** The width of a cell by which points are thinned out, in CSS pixels: that of the smallest point. */
const CELL = 2;

/** JupyterLab cancels the transitions that a change of its theme begins. */
const THEME_EVENTS = ["transitionend", "transitioncancel"] as const;

/** What keeps the canvas as the slice says: draws once a frame, and only where something changed. */
export class Surface {
  /** "none": the browser has no WebGL; "lost": it took the context away, as it does when the graphics card is reset. */
  readonly health = signal<"fine" | "lost" | "none">("fine");
  private renderer: Renderer | null = null;
  private arrangement: Arrangement | null = null;
  private tones: Tones;
  private dirty = { places: true, codes: true, states: true, groups: true, palette: true };
  private raster: HTMLCanvasElement | null = null;
  private frame: number | undefined;
  private readonly off: (() => void)[];

  /**
   * @param canvas the points.
   * @param ground the density below them.
   * @param probe see `readTones`; its colours change with a transition, so that a change of the theme can be heard.
   */
  constructor(
    private readonly slice: MapSlice,
    private readonly canvas: HTMLCanvasElement,
    private readonly ground: HTMLCanvasElement,
    private readonly probe: HTMLElement,
  ) {
    this.tones = readTones(probe);
    slice.theme.value = this.tones.theme;
    this.start();
    const observer = new ResizeObserver(() => this.measure());
    observer.observe(canvas);
    canvas.addEventListener("webglcontextlost", this.onLost);
    canvas.addEventListener("webglcontextrestored", this.onRestored);
    for (const name of THEME_EVENTS) probe.addEventListener(name, this.onTheme);
    this.off = [
      () => observer.disconnect(),
      effect(() => {
        const scene = slice.scene.value;
        this.arrangement = scene === null ? null : new Arrangement(scene);
        this.touch("places", "codes", "states", "groups");
      }),
      effect(() => {
        void slice.placesAt.value;
        this.touch("places");
      }),
      effect(() => {
        void slice.painting.codesAt.value;
        this.touch("codes", "palette", "groups");
      }),
      effect(() => {
        void slice.statesAt.value;
        this.touch("states", "groups");
      }),
      effect(() => {
        void slice.painting.lifted.value;
        this.touch("groups");
      }),
      effect(() => {
        void slice.raster.value;
        this.raster = null;
        this.touch();
      }),
      effect(() => {
        void slice.viewpoint.camera.value;
        this.touch();
      }),
    ];
    this.measure();
  }

  dispose(): void {
    for (const off of this.off) off();
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored);
    for (const name of THEME_EVENTS) this.probe.removeEventListener(name, this.onTheme);
    this.renderer?.dispose();
    this.renderer = null;
  }

  private start(): void {
    try {
      this.renderer = new Renderer(this.canvas);
      this.health.value = "fine";
    } catch {
      this.renderer = null;
      this.health.value = "none";
    }
  }

  private measure(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    // Nothing to see: the map is hidden, and will be measured when it is not.
    if (width > 0 && height > 0) this.slice.viewpoint.resize({ width, height });
    this.touch();
  }

  private touch(...what: (keyof Surface["dirty"])[]): void {
    for (const part of what) this.dirty[part] = true;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  private draw(): void {
    const { renderer, arrangement, slice, dirty, tones } = this;
    const [scene, camera, size] = [
      slice.scene.peek(),
      slice.viewpoint.camera.peek(),
      slice.viewpoint.size.peek(),
    ];
    if (renderer === null || arrangement === null || scene === null || camera === null) return;
    if (this.health.peek() !== "fine" || size.width === 0) return;
    const ratio = Math.min(window.devicePixelRatio || 1, MOST_RATIO);
    const closer = slice.viewpoint.closer.peek();
    const points = scene.state.length;
    if (dirty.places) renderer.setPlaces(scene);
    if (dirty.codes) renderer.setCodes(scene);
    if (dirty.states) renderer.setStates(scene);
    if (dirty.palette)
      renderer.setPalette(palette(tones.theme, slice.painting.colouring.peek()?.kind ?? null, tones.accent));
    if (dirty.groups) arrangement.regroup(slice.painting.lifted.peek());
    const cell = arrangement.thins ? CELL : 0;
    if (cell > 0) arrangement.thin(camera, size, cell);
    if (arrangement.thins || dirty.groups) renderer.setArrangement(arrangement);
    this.dirty = { places: false, codes: false, states: false, groups: false, palette: false };
    const emphasis = slice.inView.peek() < slice.arrived.peek();
    renderer.draw(
      camera,
      size,
      ratio,
      look(tones, points, size, closer, arrangement.crowding, emphasis),
      cell,
    );
    this.drawDensity(ratio);
    // What has reached the screen, for whoever watches from outside.
    const { dataset } = this.canvas;
    dataset.points = String(slice.arrived.peek());
    dataset.view = String(slice.inView.peek());
    dataset.selected = String(slice.selected.peek());
  }

  private drawDensity(ratio: number): void {
    const { slice, ground, tones } = this;
    const [raster, info, camera, size] = [
      slice.raster.peek(),
      slice.info.peek(),
      slice.viewpoint.camera.peek(),
      slice.viewpoint.size.peek(),
    ];
    if (raster === null || info === null || camera === null) return;
    const context = ground.getContext("2d");
    if (context === null) return;
    if (this.raster === null) {
      this.raster = document.createElement("canvas");
      [this.raster.width, this.raster.height] = [raster.width, raster.height];
      const grey = outside(tones.theme);
      const image = new ImageData(paint(raster, grey, tones.accent), raster.width, raster.height);
      this.raster.getContext("2d")?.putImageData(image, 0, 0);
    }
    [ground.width, ground.height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    const [left, top] = toScreen(camera, size, [info.box[0], info.box[3]]);
    const [right, bottom] = toScreen(camera, size, [info.box[2], info.box[1]]);
    context.scale(ratio, ratio);
    context.drawImage(this.raster, left, top, right - left, bottom - top);
  }

  private readonly onLost = (event: Event): void => {
    // Without this the browser never gives it back.
    event.preventDefault();
    this.health.value = "lost";
  };

  private readonly onRestored = (): void => {
    this.start();
    this.touch("places", "codes", "states", "groups", "palette");
  };

  private readonly onTheme = (): void => {
    this.tones = readTones(this.probe);
    this.slice.theme.value = this.tones.theme;
    this.raster = null;
    this.touch("palette");
  };
}
