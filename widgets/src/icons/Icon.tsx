/** One set: 16 by 16, stroke 1.5, round ends. */
const PATHS = {
  add: "M8 3v10M3 8h10",
  arrange: "M4 3v10M4 13l-2-2M4 13l2-2M9 4h5M9 8h4M9 12h2.5",
  back: "M10 3L5 8l5 5",
  broken: "M2.5 3.5h11v9h-11zM5 10l2-2.5L8.5 9 10 7l2 3",
  check: "M3.5 8.5l3 3 6-7",
  close: "M4 4l8 8M12 4l-8 8",
  code: "M5.5 4L1.5 8l4 4M10.5 4l4 4-4 4",
  collapse: "M6.5 2.5v4h-4M9.5 13.5v-4h4M6.5 6.5L2 2M9.5 9.5L14 14",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  down: "M4 6l4 4 4-4",
  expand: "M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5l-5 5M2.5 13.5l5-5",
  exclude: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11M4.2 11.8l7.6-7.6",
  export: "M8 10V2M5 4.5L8 1.8l3 2.7M3 9v4.5h10V9",
  filter: "M2 3.5h12M4.5 8h7M6.5 12.5h3",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  focus: "M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4",
  forward: "M6 3l5 5-5 5",
  grid: "M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5h-4.5zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5h-4.5z",
  group: "M2.5 3h11M2.5 6.5h6M2.5 10h11M2.5 13.5h6",
  help: "M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.7 8 9.2 8 10M8 12.8v.2",
  history: "M2.5 8a5.5 5.5 0 1 0 1.7-4M2.5 2v2.5H5M8 5v3.3l2.2 1.3",
  image: "M2.5 3.5h11v9h-11zM2.5 11l3.2-3.5 2.8 3 1.8-1.8 3.2 3.3M10.5 6.2v.1",
  info: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 7.5V11M8 5v.1",
  lasso:
    "M6.5 10.8C4 10.3 2.5 9 2.5 7c0-2.5 2.5-4.3 5.5-4.3S13.5 4.5 13.5 7 11 10.9 8 10.9M8 10.9a1.5 1.5 0 1 1-1.5-.100c1.5 1 .500 3-1 3.2",
  map: "M4 5.5v.1M7.5 3.8v.1M11.8 5v.1M5.8 8.5v.1M9.5 7.8v.1M4 11.8v.1M8.5 11.5v.1M12 10.5v.1",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  move: "M8 2v12M2 8h12M6.3 3.7L8 2l1.7 1.7M6.3 12.3L8 14l1.7-1.7M3.7 6.3L2 8l1.7 1.7M12.3 6.3L14 8l-1.7 1.7",
  panelLeft: "M2.5 3h11v10h-11zM6.5 3v10",
  panelRight: "M2.5 3h11v10h-11zM9.5 3v10",
  rectangle:
    "M2.5 3.5h2M6.5 3.5h3M11.5 3.5h2v2M13.5 7.5v2M13.5 11.5v1h-2M9.5 12.5h-3M4.5 12.5h-2v-1M2.5 9.5v-2M2.5 5.5v-2",
  redo: "M13.5 6.5H6a3.5 3.5 0 0 0 0 7h3.5M10.5 3.5l3 3-3 3",
  refresh: "M13 8a5 5 0 1 1-1.5-3.5M13 2v3h-3",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3L14 14",
  shapes: "M2.5 2.5h6.5v6.5h-6.5zM6.8 6.8h6.7v6.7h-6.7z",
  similar: "M5.8 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8M10.2 5a4 4 0 1 0 0 8 4 4 0 0 0 0-8",
  slice: "M3.5 2.5h9v11.5l-4.5-3-4.5 3z",
  stop: "M4 4h8v8H4z",
  tag: "M2.5 2.5H8l5.5 5.5L8 13.5 2.5 8zM5.3 5.3v.1",
  undo: "M2.5 6.5H10a3.5 3.5 0 0 1 0 7H6.5M5.5 3.5l-3 3 3 3",
  warning: "M8 2.5L14.5 13.5h-13zM8 6.5v3.3M8 11.7v.1",
  zoomIn: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3L14 14M5 7h4M7 5v4",
  zoomOut: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3L14 14M5 7h4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="curate-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
