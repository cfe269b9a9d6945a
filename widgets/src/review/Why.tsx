import { Icon } from "../icons/Icon";

/** Why there is no picture, in its place. */
export function Why({ note }: { note: string | undefined }) {
  return (
    <span class="curate-review-why">
      <Icon name="broken" />
      <bdi>{note || "This picture cannot be shown."}</bdi>
    </span>
  );
}
