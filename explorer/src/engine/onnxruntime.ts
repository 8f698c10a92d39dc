// onnxruntime-web as a bundle of its own, for graphs with operators that our runtime lacks.

import * as ort from "onnxruntime-web/wasm";
import { openerIn } from "./ortGraph";

export const openGraph = openerIn(ort, "wasm");
