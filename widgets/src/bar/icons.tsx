const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  close: "M4 4l8 8M12 4l-8 8",
  left: "M10 3L5 8l5 5",
  right: "M6 3l5 5-5 5",
  refresh: "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3",
  broken: "M2.5 3.5h11v9h-11zM5 10l2-2.5L8.5 9 10 7l2 3",
};

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="curate-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
    </svg>
  );
}
