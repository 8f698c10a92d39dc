import type { FilmWriter } from "../options";
import { shownOrder } from "./timing";

/** Films that the page writes itself; what writes a format is fetched when it is first asked for. */
export const pageFilms: FilmWriter = {
  formats: ["gif", "mp4"],

  refusal(format) {
    // Browsers keep their encoders from pages that came over plain http from another machine.
    if (format !== "mp4" || "VideoEncoder" in globalThis) return null;
    return globalThis.isSecureContext ? "This browser writes no MP4: save a GIF." : "Browsers write an MP4 only for pages that come over https: save a GIF.";
  },

  async write(film, settings, onFrame, signal) {
    const order = shownOrder(film.images.length, settings.repeat);
    const beforeFrame = async (frame: number): Promise<void> => {
      onFrame(frame, order.length);
      await new Promise((resume) => setTimeout(resume)); // the page answers in between
      signal.throwIfAborted();
    };
    if (settings.format === "mp4") return (await import("./mp4")).writeMp4(film, order, settings, beforeFrame);
    return (await import("./gif")).writeGif(film, order, settings, beforeFrame);
  },
};
