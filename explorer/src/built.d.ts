/** The files that `build.mjs` has built, by role, as they are called in the site's folder `assets`. */
declare const BUILT: { readonly worker: string; readonly ort: string; readonly wasm: string };
