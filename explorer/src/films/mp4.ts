import { BufferTarget, CanvasSource, getFirstEncodableVideoCodec, Mp4OutputFormat, Output, QUALITY_VERY_HIGH, type VideoCodec } from "mediabunny";
import { Failure } from "../base/failure";
import type { FilmImages, FilmSettings } from "../options";
import { Painter } from "./painter";

/** What players know best comes first. */
const CODECS: VideoCodec[] = ["avc", "vp9", "av1"];

/** An MP4 with one frame for each place of the order, by the browser's own encoder. */
export async function writeMp4(
  { images, size, channels }: FilmImages,
  order: readonly number[],
  { side, framesPerSecond }: FilmSettings,
  beforeFrame: (frame: number) => Promise<void>,
): Promise<Blob> {
  const codec = await getFirstEncodableVideoCodec(CODECS, { width: side, height: side, bitrate: QUALITY_VERY_HIGH });
  if (!codec) throw new Failure("The MP4 could not be made.", `This browser has no encoder for a film of ${side} pixels a side.`, "Save a GIF, or try another browser.");
  const painter = new Painter(size, channels, side);
  const target = new BufferTarget();
  const format = new Mp4OutputFormat({ fastStart: "in-memory" });
  const output = new Output({ format, target });
  const source = new CanvasSource(painter.canvas, { codec, bitrate: QUALITY_VERY_HIGH });
  output.addVideoTrack(source, { frameRate: framesPerSecond });
  await output.start();
  try {
    for (const [frame, index] of order.entries()) {
      await beforeFrame(frame);
      painter.draw(images[index]!);
      await source.add(frame / framesPerSecond, 1 / framesPerSecond);
    }
    await output.finalize();
  } catch (error) {
    await output.cancel();
    throw error;
  }
  return new Blob([target.buffer!], { type: format.mimeType });
}
