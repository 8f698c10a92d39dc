import { mapBounds } from "../model/manifest";
import type { ModelFiles } from "../model/model";
import { absoluteUrl, type ExplorerOptions } from "../options";
import { anchorReach } from "../plane/anchor";
import { EngineLease } from "./engines";

/** A share in the engine of the model whose files these are. */
export function leaseEngine(files: ModelFiles, options: ExplorerOptions): EngineLease {
  const { manifest } = files;
  const { left, right, bottom, top } = mapBounds(manifest);
  const { latent_dim, channels, image_size } = manifest.model;
  const entries = new Map(Object.values(manifest.files).map((entry) => [files.url(entry), entry]));
  return new EngineLease(
    {
      wasmUrl: absoluteUrl(options.assetsUrl + options.files.wasm),
      decoderUrl: files.url(manifest.files.decoder),
      encoderUrl: files.url(manifest.files.encoder),
      planeUrl: files.url(manifest.files.plane),
      positionUrl: files.url(manifest.files.position),
      latentDim: latent_dim,
      imageShape: [channels, image_size, image_size],
      reach: anchorReach(right - left, top - bottom),
    },
    (url) => files.bytes(entries.get(url)!),
  );
}
