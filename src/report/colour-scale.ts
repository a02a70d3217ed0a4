/** A scale whose lightness falls steadily, so that it reads in grey and for the colour-blind, too. Red, green, blue, 0 to 255. */
const STOPS: readonly (readonly [number, number, number])[] = [
  [254, 236, 172],
  [253, 200, 105],
  [250, 142, 60],
  [213, 52, 51],
  [112, 8, 60],
];

/** Share of a scale, 0 to 1 and cut off beyond, as red, green and blue. */
function mixed(share: number): readonly number[] {
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const below = Math.min(STOPS.length - 2, Math.floor(at));
  return STOPS[below]!.map((low, channel) => {
    const high = STOPS[below + 1]![channel]!;
    return Math.round(low + (at - below) * (high - low));
  });
}

export const colourOf = (share: number): string =>
  `#${mixed(share)
    .map((channel) => channel.toString(16).padStart(2, "0"))
    .join("")}`;

/** What text on that colour must be to be read. */
export function inkOn(share: number): string {
  const [red = 0, green = 0, blue = 0] = mixed(share);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#222222" : "#ffffff";
}

/** Shares at which a gradient stops; between them it is straight. */
export const GRADIENT_SHARES = STOPS.map((_, index) => index / (STOPS.length - 1));
