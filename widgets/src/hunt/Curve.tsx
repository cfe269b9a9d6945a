import { number } from "../review/wording";

const [WIDTH, HEIGHT] = [280, 64];

/** Found over answers. A straight line up from the corner would be a yes each time. */
export function Curve({
  points,
  answered,
  found,
}: {
  points: readonly (readonly [number, number])[];
  answered: number;
  found: number;
}) {
  if (answered === 0) return <div class="curate-hunt-curve" />;
  const x = (answers: number) => (answers / answered) * WIDTH;
  const y = (yes: number) => HEIGHT - 1 - (yes / Math.max(found, 1)) * (HEIGHT - 4);
  const line = [[0, 0] as const, ...points].map(([answers, yes]) => `${x(answers)} ${y(yes)}`).join("L");
  return (
    <svg
      class="curate-hunt-curve"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Found over answers: ${number(found)} in ${number(answered)}`}
    >
      <path class="curate-hunt-under" d={`M${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
      <path class="curate-hunt-line" d={`M${line}`} />
    </svg>
  );
}
