import { InvalidArgumentError } from "commander";
import { SYNCHRONISATIONS } from "../core/profile.ts";
import type { DvfsWish, SynchronisationWish } from "../core/run-policy.ts";
import { seconds } from "../core/units.ts";
import { commaSeparated } from "./parse-values.ts";

/** Divisors, so that 2us is the double nearest to 2·10⁻⁶. */
const PER_SECOND: Readonly<Record<string, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 };

/** "data-flow,barrier:2us,timer" as wishes, in that order. */
export const synchronisationList = (text: string): SynchronisationWish[] =>
  commaSeparated(text).map((entry) => {
    const [, name, time] = /^([a-z-]+)(?::(.*))?$/.exec(entry) ?? [];
    const kind = SYNCHRONISATIONS.find((candidate) => candidate === name);
    if (kind === undefined || (kind === "data-flow" && time !== undefined)) {
      throw new InvalidArgumentError(
        "Choose from data-flow, barrier[:2us], timer[:1ms], separated by commas.",
      );
    }
    return time === undefined ? { kind } : { kind, seconds: timeOf(time) };
  });

function timeOf(text: string) {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(s|ms|us|ns)$/.exec(text) ?? [];
  const value = Number(number) / PER_SECOND[unit ?? "s"]!;
  if (unit === undefined || !(value > 0)) {
    throw new InvalidArgumentError(`"${text}" is no time above 0 in s, ms, us or ns, such as 2us.`);
  }
  return seconds(value);
}

const DVFS_FORMS =
  "Write fixed, layers:<layer>=<point>,… or queue:<packets>[@<low>,<high>]; repeat the option for several.";

/** For an option that may be given several times: collects its wishes in order. */
export const collectDvfs = (text: string, earlier: readonly DvfsWish[] | undefined): DvfsWish[] => [
  ...(earlier ?? []),
  dvfsWishOf(text.trim()),
];

function dvfsWishOf(text: string): DvfsWish {
  if (text === "fixed") return { kind: "fixed" };
  const layers = /^layers:(.+)$/.exec(text)?.[1];
  if (layers !== undefined) return { kind: "layers", points: pointsOfLayers(layers) };
  const [, packets, low, high] = /^queue:(\d{1,9})(?:@([^,]+),([^,]+))?$/.exec(text) ?? [];
  if (packets === undefined) throw new InvalidArgumentError(DVFS_FORMS);
  return { kind: "queue", packets: Number(packets), ...(low && high && { low, high }) };
}

function pointsOfLayers(text: string): Readonly<Record<string, string>> {
  const points = text.split(",").map(layerPoint);
  const names = points.map(([layer]) => layer);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw new InvalidArgumentError(`"${twice}" stands there twice.`);
  return Object.fromEntries(points);
}

/** "egru0=300MHz"; the layer's name may hold an = as well. */
function layerPoint(entry: string): [layer: string, point: string] {
  const equals = entry.lastIndexOf("=");
  const [layer, point] = [entry.slice(0, Math.max(equals, 0)).trim(), entry.slice(equals + 1).trim()];
  if (layer === "" || point === "") throw new InvalidArgumentError(DVFS_FORMS);
  return [layer, point];
}
