/** Numbers as people read them: three significant digits, SI prefixes, thousands apart. */

const PREFIXES = [
  ["f", 1e-15],
  ["p", 1e-12],
  ["n", 1e-9],
  ["µ", 1e-6],
  ["m", 1e-3],
  ["", 1],
  ["k", 1e3],
  ["M", 1e6],
  ["G", 1e9],
  ["T", 1e12],
] as const;

/** `formatSi(0.00243, "s")` is "2.43 ms". Below femto and above tera it falls back to exponents. */
export function formatSi(value: number, unit: string): string {
  if (value === 0) return `0 ${unit}`;
  // Rounded first, so that 0.9999 ms becomes 1.00 ms and not 1000 µs.
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  const fitting = PREFIXES.filter(([, factor]) => size >= factor * 0.999_999_9);
  const [prefix, factor] = fitting.at(-1) ?? PREFIXES[0];
  const scaled = rounded / factor;
  if (!(Math.abs(scaled) >= 0.01 && Math.abs(scaled) < 1000)) return `${value.toExponential(2)} ${unit}`;
  return `${scaled.toPrecision(3)} ${prefix}${unit}`;
}

/** Whole numbers with thousands apart: "24,165,000". */
export const formatCount = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A mean of counts: "0", "0.0213", "27.7", "1,350". */
export function formatMean(value: number): string {
  if (value === 0 || Math.abs(value) >= 99.95) return formatCount(value);
  return Math.abs(value) >= 0.001 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

/**
 * "4.93 %": two digits after the point, so that a column aligns and a share and its rest sum to 100.
 * 0 and 1 stand without digits, and what is nearly one of them does not pass for it.
 */
export function formatShare(value: number): string {
  if (value === 0 || value === 1) return `${value * 100} %`;
  const percent = value * 100;
  if (percent >= 99.995) return "> 99.99 %";
  if (percent < 0.005) return "< 0.01 %";
  return `${percent.toFixed(2)} %`;
}

/** "85 %" of a total; what is there but rounds to nothing is "<1 %". */
export function formatPercent(part: number, whole: number): string {
  if (whole === 0) return "";
  const percent = Math.round((100 * part) / whole);
  return percent === 0 && part > 0 ? "<1 %" : `${percent} %`;
}

/** Memory sizes, 1 KiB = 1,024 bytes: "88.3 KiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${formatMean(bytes)} B`;
  const [unit, size] =
    bytes < 2 ** 20 ? ["KiB", 2 ** 10] : bytes < 2 ** 30 ? ["MiB", 2 ** 20] : ["GiB", 2 ** 30];
  return `${(bytes / (size as number)).toFixed(1)} ${unit}`;
}

/** "1 PE", "2 PEs". */
export const plural = (n: number, noun: string): string => `${formatCount(n)} ${noun}${n === 1 ? "" : "s"}`;
