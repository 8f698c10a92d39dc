import { LinearMap } from "../plane/linearMap";
import { principalPlane } from "../plane/principalPlane";
import type { LayoutAnswer, LayoutCall } from "./workerProtocol";

/** The plane of principal components, found by a worker of its own, so that neither the page nor its images wait. */
export async function layOutAside(workerUrl: string, latents: Float32Array, columns: number): Promise<LinearMap> {
  try {
    const { offset, basis, explained } = await asked(workerUrl, { latents, columns });
    return new LinearMap(offset, basis, explained);
  } catch (error) {
    console.warn("The page itself lays the points out, which may take a moment: no worker could be started.", error);
    return principalPlane(latents, columns);
  }
}

function asked(workerUrl: string, call: LayoutCall): Promise<LayoutAnswer> {
  const worker = new Worker(workerUrl, { type: "module", name: "layout" });
  return new Promise<LayoutAnswer>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<LayoutAnswer>) => resolve(data), { once: true });
    worker.addEventListener("error", (event) => reject(new Error(event.message || "The worker could not be started.")));
    worker.postMessage(call);
  }).finally(() => worker.terminate());
}
