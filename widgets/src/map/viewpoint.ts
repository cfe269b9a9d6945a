import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Box, between, type Camera, fit, limit, type Size } from "./camera";

const FLIGHT_MS = 260;

/** Where the map is looked at from, and how one gets elsewhere. */
export class Viewpoint {
  readonly size = signal<Size>({ width: 0, height: 0 });
  readonly camera = signal<Camera | null>(null);
  /** The camera that shows all of the map. */
  readonly whole: ReadonlySignal<Camera | null>;
  /** How many times closer than all of the map. */
  readonly closer: ReadonlySignal<number>;
  private flight: number | undefined;

  /** @param box of the whole map; null where there is none. */
  constructor(box: ReadonlySignal<Box | null>) {
    this.whole = computed(() => (box.value === null ? null : fit(box.value, this.size.value)));
    this.closer = computed(() => {
      const [camera, whole] = [this.camera.value, this.whole.value];
      return camera === null || whole === null ? 1 : camera.scale / whole.scale;
    });
  }

  /** The canvas has another size: what was in sight stays, and who saw all of the map sees all of it. */
  resize(size: Size): void {
    const [before, camera] = [this.whole.peek(), this.camera.peek()];
    batch(() => {
      this.size.value = size;
      const whole = this.whole.value;
      if (whole === null) return;
      const moved =
        camera !== null &&
        before !== null &&
        (camera.scale !== before.scale || camera.x !== before.x || camera.y !== before.y);
      const scale = moved ? (camera.scale * whole.scale) / before.scale : whole.scale;
      this.camera.value = moved ? limit({ ...camera, scale }, whole, size) : whole;
    });
  }

  /** There is another map: show all of it. */
  reset(): void {
    this.stop();
    this.camera.value = this.whole.value;
  }

  /** Look from there at once. */
  look(camera: Camera): void {
    this.stop();
    this.set(camera);
  }

  /** Go there smoothly, or at once where a person wants no motion. */
  fly(target: Camera): void {
    this.stop();
    const [from, whole] = [this.camera.peek(), this.whole.peek()];
    if (from === null || whole === null) return;
    const to = limit(target, whole, this.size.peek());
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.set(to);
      return;
    }
    const began = performance.now();
    const step = (now: number) => {
      const share = Math.min(Math.max((now - began) / FLIGHT_MS, 0), 1);
      this.set(between(from, to, 1 - (1 - share) ** 3));
      this.flight = share < 1 ? requestAnimationFrame(step) : undefined;
    };
    this.flight = requestAnimationFrame(step);
  }

  fit(box: Box): void {
    this.fly(fit(box, this.size.peek(), this.whole.peek()?.stretch));
  }

  stop(): void {
    if (this.flight !== undefined) cancelAnimationFrame(this.flight);
    this.flight = undefined;
  }

  private set(camera: Camera): void {
    const whole = this.whole.peek();
    if (whole !== null) this.camera.value = limit(camera, whole, this.size.peek());
  }
}
