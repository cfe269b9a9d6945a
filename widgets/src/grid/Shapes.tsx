import type { Shape } from "../protocol";
import type { Palette } from "./palette";
import { type Frame, inPixels, named } from "./placement";
import "./shapes.css";

const NAME_PX = 13;

interface Props {
  shapes: readonly Shape[];
  palette: Palette;
  /** Where the picture is inside of what this lies over. */
  frame: Frame;
}

/** Labels with a place, drawn over a picture. Every line has a dark edge, so that it is seen on any picture. */
export function Shapes({ shapes, palette, frame }: Props) {
  return (
    <span class="curate-shapes" style={inPixels(frame)} aria-hidden="true">
      {shapes.map((shape, i) => shape.mask !== "" && <Mask key={i} shape={shape} palette={palette} />)}
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
        {shapes.map((shape, i) => {
          const path = outline(shape);
          if (path === "") return null;
          const dots = shape.points !== null && !isArea(shape) && shape.box === null;
          return (
            <g key={i} class={dots ? "curate-dots" : undefined}>
              <path class="curate-edge" d={path} />
              <path
                class="curate-stroke"
                d={path}
                stroke={palette.colour(shape.value)}
                fill={isArea(shape) ? palette.colour(shape.value) : "none"}
              />
            </g>
          );
        })}
      </svg>
      {shapes.map((shape, i) => {
        const corner = cornerOf(shape);
        if (corner === null || !named(shape.value, widthOf(shape) * frame.width)) return null;
        return (
          <bdi
            key={i}
            class="curate-shape-name"
            style={{
              left: `${corner[0] * 100}%`,
              // Above the box, or inside of it where there is no room above.
              top: `${Math.max(corner[1] * frame.height, NAME_PX)}px`,
              background: palette.colour(shape.value),
            }}
          >
            {shape.value}
          </bdi>
        );
      })}
    </span>
  );
}

/** The kernel sends where a mask is; its colour is given here. */
function Mask({ shape, palette }: { shape: Shape; palette: Palette }) {
  const image = `url("data:image/png;base64,${shape.mask.replace(/[^A-Za-z0-9+/=]/g, "")}")`;
  return (
    <span
      class="curate-mask"
      style={{ background: palette.colour(shape.value), maskImage: image, WebkitMaskImage: image }}
    />
  );
}

function isArea(shape: Shape): boolean {
  return shape.kind === "polygon";
}

/** What is drawn of a shape as an SVG path in shares of the picture; single points are lines of no length with round ends. */
export function outline(shape: Shape): string {
  const parts: string[] = [];
  if (shape.box !== null && shape.box.length === 4) {
    const [x, y, width, height] = shape.box as [number, number, number, number];
    // A polygon says more than the box around it.
    if (!isArea(shape) || shape.points === null) parts.push(`M${x} ${y}h${width}v${height}h${-width}z`);
  }
  const points = shape.points ?? [];
  const pairs: string[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) pairs.push(`${points[i]} ${points[i + 1]}`);
  if (pairs.length > 0) {
    parts.push(isArea(shape) ? `M${pairs.join("L")}z` : pairs.map((pair) => `M${pair}h0`).join(""));
  }
  return parts.join("");
}

/** The corner that the name of a shape stands at: the top left one. */
export function cornerOf(shape: Shape): [number, number] | null {
  if (shape.box !== null && shape.box.length === 4) return [shape.box[0] as number, shape.box[1] as number];
  const points = shape.points ?? [];
  if (points.length < 2) return null;
  let [left, top] = [1, 1];
  for (let i = 0; i + 1 < points.length; i += 2) {
    left = Math.min(left, points[i] as number);
    top = Math.min(top, points[i + 1] as number);
  }
  return [Math.max(left, 0), Math.max(top, 0)];
}

/** How wide a shape is, as a share of the picture. */
function widthOf(shape: Shape): number {
  if (shape.box !== null) return shape.box[2] ?? 0;
  const across = (shape.points ?? []).filter((_, i) => i % 2 === 0);
  return across.length === 0 ? 0 : Math.max(...across) - Math.min(...across);
}
