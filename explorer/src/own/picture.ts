import { Failure } from "../page/failure";

/** No picture needs more: a side beyond this is scaled down while it is read. */
const LARGEST_SIDE = 2048;
const LARGEST_FILE = 50 * 2 ** 20;

/** Reads a picture file into pixels, turned upright as its EXIF data say. */
export async function readPicture(file: Blob & { readonly name?: string }): Promise<ImageData> {
  const name = file.name || "The picture";
  if (file.size > LARGEST_FILE) {
    throw new Failure(`${name} is too large.`, `It has ${Math.round(file.size / 2 ** 20)} MB; up to 50 MB can be read.`, "Choose a smaller picture.");
  }
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Failure(`${name} cannot be read.`, "This browser does not know it as a picture.", "Choose a PNG, JPEG, WebP or GIF file.");
  }
  try {
    const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } finally {
    bitmap.close();
  }
}
