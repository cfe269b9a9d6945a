import { type Arrangement, GROUPS, INSIDE, MUTED, OUTSIDE, PICKED, type Scene } from "./arrangement";
import type { Camera, Size } from "./camera";
import { CODES, type Rgb } from "./palette";

/** Smaller points are squares: nobody sees the difference, and they leave no gaps. */
const SMALLEST_DISC = 2.5;

const OPAQUE = [1, 1] as const;

/** How points look; sizes in CSS pixels. */
export interface Look {
  readonly size: number;
  /** Outside the view, not lifted out, in the view: of one point alone, and of `crowd` on each other. */
  readonly opacity: Readonly<Record<"outside" | "muted" | "inside", readonly [number, number]>>;
  readonly crowd: number;
  readonly outside: Rgb;
  /** The line around what is selected, and how wide it is. */
  readonly outline: Rgb;
  readonly outlineWidth: number;
}

const VERTEX = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in uint code;
layout(location = 2) in uint state;
layout(location = 3) in uint crowd;
uniform vec2 middle;
uniform vec2 perUnit;
uniform vec2 cell;
uniform float size;
uniform vec2 opacity;
uniform vec4 flatColour;
uniform vec3 outside;
uniform sampler2D palette;
flat out vec4 colour;
flat out float radius;
void main() {
  // Who stands for a crowd stands in the middle of its cell, so that crowds are even.
  vec2 own = cell.x > 0.0 && crowd > 1u ? (floor(place / cell) + 0.5) * cell : place;
  gl_Position = vec4((own - middle) * perUnit, 0.0, 1.0);
  gl_PointSize = size;
  radius = size * 0.5;
  vec3 hue = (state & 1u) == 0u ? outside : texelFetch(palette, ivec2(int(code), 0), 0).rgb;
  colour = vec4(mix(hue, flatColour.rgb, flatColour.a), min(opacity.x + opacity.y * log(float(crowd)), 1.0));
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
flat in vec4 colour;
flat in float radius;
uniform bool discs;
out vec4 drawn;
void main() {
  float alpha = colour.a;
  if (discs) alpha *= clamp(radius - length(gl_PointCoord - 0.5) * 2.0 * radius + 0.5, 0.0, 1.0);
  drawn = vec4(colour.rgb * alpha, alpha);
}`;

const UNIFORMS = [
  "middle",
  "perUnit",
  "cell",
  "discs",
  "size",
  "opacity",
  "flatColour",
  "outside",
  "palette",
] as const;

/**
 * Points in WebGL 2: one draw call a group, from buffers that change only when what they hold does.
 *
 * Why not regl-scatterplot, measured with 1,000,000 points on 800 × 600 in software GL on two cores: it adds 219 KB to the bundle
 * (400 KB is all there is for everything), draws first after 2.7 s, selects 200,000 after 1.1 s, and takes 0.8 s a redraw and
 * 158 MB of heap. The same points in one WebGL 2 call take 0.3 s, and thinned out as `Arrangement` does it 0.02 to 0.05 s.
 */
export class Renderer {
  private readonly gl: WebGL2RenderingContext;
  private readonly uniforms: Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>;
  private readonly buffers: {
    place: WebGLBuffer;
    code: WebGLBuffer;
    state: WebGLBuffer;
    crowd: WebGLBuffer;
    order: WebGLBuffer;
  };
  private readonly counts = new Uint32Array(GROUPS);

  /** @throws Error where the browser gives no WebGL 2. */
  constructor(private readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { antialias: false, depth: false, premultipliedAlpha: true });
    if (gl === null) throw new Error("This browser gives no WebGL 2");
    this.gl = gl;
    const program = link(gl);
    gl.useProgram(program);
    this.uniforms = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]),
    ) as Renderer["uniforms"];
    const floats = (at: number) => gl.vertexAttribPointer(at, 2, gl.FLOAT, false, 0, 0);
    const shorts = (at: number) => gl.vertexAttribIPointer(at, 1, gl.UNSIGNED_SHORT, 0, 0);
    const bytes = (at: number) => gl.vertexAttribIPointer(at, 1, gl.UNSIGNED_BYTE, 0, 0);
    this.buffers = {
      place: attribute(gl, 0, floats),
      code: attribute(gl, 1, shorts),
      state: attribute(gl, 2, bytes),
      crowd: attribute(gl, 3, bytes),
      order: gl.createBuffer(),
    };
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers.order);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.uniform1i(this.uniforms.palette, 0);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  setPlaces(scene: Scene): void {
    this.upload(this.buffers.place, scene.xy);
  }

  setCodes(scene: Scene): void {
    this.upload(this.buffers.code, scene.codes);
  }

  setStates(scene: Scene): void {
    this.upload(this.buffers.state, scene.state);
  }

  /** @param colours four bytes for each code. */
  setPalette(colours: Uint8Array): void {
    const { gl } = this;
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, CODES, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
  }

  setArrangement(arrangement: Arrangement): void {
    const { gl } = this;
    this.counts.set(arrangement.counts);
    const drawn = arrangement.counts.reduce((sum, count) => sum + count, 0);
    this.upload(this.buffers.crowd, arrangement.crowd);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, arrangement.order.subarray(0, drawn), gl.DYNAMIC_DRAW);
  }

  /**
   * @param ratio device pixels a CSS pixel.
   * @param cell the width in CSS pixels of the cells that points were thinned out by, or 0.
   */
  draw(camera: Camera, size: Size, ratio: number, look: Look, cell: number): void {
    const { gl, uniforms, canvas } = this;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const across = camera.scale * camera.stretch;
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(uniforms.middle, camera.x, camera.y);
    gl.uniform2f(uniforms.perUnit, (2 * across) / size.width, (2 * camera.scale) / size.height);
    gl.uniform2f(uniforms.cell, cell / across, cell / camera.scale);
    gl.uniform1i(uniforms.discs, look.size > SMALLEST_DISC ? 1 : 0);
    gl.uniform3fv(uniforms.outside, unit(look.outside));
    const { outside, muted, inside } = look.opacity;
    const points = look.size * ratio;
    this.drawGroup(OUTSIDE, points, outside, look.crowd, null);
    this.drawGroup(MUTED, points, muted, look.crowd, look.outside);
    this.drawGroup(INSIDE, points, inside, look.crowd, null);
    // The outlines of all that is selected lie under all of it, so that a crowd gets one line around it.
    this.drawGroup(PICKED, points + 2 * look.outlineWidth * ratio, OPAQUE, 2, look.outline);
    this.drawGroup(PICKED, points, OPAQUE, 2, null);
  }

  /** Give the context back; browsers have sixteen a page. */
  dispose(): void {
    for (const buffer of Object.values(this.buffers)) this.gl.deleteBuffer(buffer);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private drawGroup(
    group: number,
    size: number,
    [alone, crowded]: readonly [number, number],
    crowd: number,
    colour: Rgb | null,
  ): void {
    const { gl, uniforms, counts } = this;
    const count = counts[group] as number;
    if (count === 0) return;
    let first = 0;
    for (let before = 0; before < group; before++) first += counts[before] as number;
    gl.uniform1f(uniforms.size, size);
    // By the logarithm of how many lie there: one is still seen, and among many there are still differences.
    gl.uniform2f(uniforms.opacity, alone, (crowded - alone) / Math.log(Math.max(crowd, 2)));
    gl.uniform4f(uniforms.flatColour, ...unit(colour ?? [0, 0, 0]), colour ? 1 : 0);
    gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, first * Uint32Array.BYTES_PER_ELEMENT);
  }

  private upload(buffer: WebGLBuffer, data: ArrayBufferView): void {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data as ArrayBufferView<ArrayBuffer>, gl.DYNAMIC_DRAW);
  }
}

function unit([red, green, blue]: Rgb): [number, number, number] {
  return [red / 255, green / 255, blue / 255];
}

function attribute(gl: WebGL2RenderingContext, at: number, layOut: (at: number) => void): WebGLBuffer {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.enableVertexAttribArray(at);
  layOut(at);
  return buffer;
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error("The browser's WebGL context is lost");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The map's shaders do not link: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
