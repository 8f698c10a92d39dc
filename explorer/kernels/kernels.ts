export { planes, product } from "./product";
export { activate, combine, interleave, separate, spread } from "./moves";
