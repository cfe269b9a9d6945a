/** A picture from the clipboard or the desk, made small enough to be sent. */

const LARGEST = 512;
const QUALITY = 0.9;

/** The size of a picture after its longer side was brought down to `largest`; a small one stays as it is. */
export function shrunk(width: number, height: number, largest = LARGEST): { width: number; height: number } {
  const scale = Math.min(1, largest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** The first picture of what was pasted or dropped. */
export function pictureIn(data: DataTransfer | null): File | null {
  return Array.from(data?.files ?? []).find((file) => file.type.startsWith("image/")) ?? null;
}

/** The picture as a JPEG of at most 512 pixels a side, base64; an Error with words for a person where it cannot be read. */
export async function encoded(file: Blob): Promise<string> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error("This browser cannot read that file as a picture. JPEG, PNG and WebP work everywhere.");
  }
  const { width, height } = shrunk(bitmap.width, bitmap.height);
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser has no room left to read that picture.");
  // What is clear in a PNG would become black in a JPEG.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return canvas.toDataURL("image/jpeg", QUALITY).replace(/^[^,]*,/, "");
}
