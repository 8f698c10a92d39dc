import { signed } from "../base/signed";

/** A value under a curve: the larger it is, the fewer of its decimals say anything. */
export function inWords(value: number | null): string {
  if (value === null) return "–";
  const size = Math.abs(value);
  return signed(value.toLocaleString("en", { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 2 }));
}
