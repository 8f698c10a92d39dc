// onnxruntime-web on WebGPU as a bundle of its own, for large decoders where there is a graphics processor.

import * as ort from "onnxruntime-web/webgpu";
import { openerIn } from "./ortGraph";

export const openGraph = openerIn(ort, "webgpu");
