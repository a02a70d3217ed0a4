import { shorten } from "./layout.ts";
import { type Attributes, element, textElement } from "./xml.ts";

/** One line, or points alone. */
export interface Series {
  readonly name: string;
  /** Drawn in ascending x. */
  readonly points: readonly {
    readonly x: number;
    readonly y: number;
    readonly low?: number;
    readonly high?: number;
  }[];
  readonly dashed?: boolean;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Axis {
  readonly label: string;
  readonly scale?: "linear" | "log";
  readonly min?: number;
  readonly max?: number;
}

const [WIDTH, HEIGHT] = [640, 420];
const PLOT = { left: 78, right: WIDTH - 18, top: 62, bottom: HEIGHT - 62 };
const TICKS = 5;
/** Okabe and Ito's colours, which the colour-blind tell apart. */
export const LINE_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A chart as SVG: no scripts, no links; equal data give equal bytes. */
export function formatLineChart(chart: LineChart): string {
  const body = panel(chart);
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    width: WIDTH,
    height: HEIGHT,
    "font-family": "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif",
  };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("svg", attributes, "\n", body.join("\n"), "\n")}\n`;
}

function panel({ title, subtitle = "", x, y, series }: LineChart): string[] {
  const points = series.flatMap((line) => line.points);
  const across = scaleOf(
    x,
    points.map((point) => point.x),
    PLOT.left,
    PLOT.right,
  );
  const up = scaleOf(
    y,
    points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]),
    PLOT.bottom,
    PLOT.top,
  );
  return [
    textElement("title", {}, title),
    element("rect", { width: WIDTH, height: HEIGHT, fill: "#ffffff" }),
    words(title, PLOT.left, 24, 15, { "font-weight": "600" }),
    words(subtitle, PLOT.left, 42, 11),
    ...across.ticks.map((tick) =>
      element(
        "g",
        {},
        line(across.at(tick), PLOT.top, across.at(tick), PLOT.bottom, GRID),
        words(tickText(tick), across.at(tick), PLOT.bottom + 16, 11, { "text-anchor": "middle" }),
      ),
    ),
    ...up.ticks.map((tick) =>
      element(
        "g",
        {},
        line(PLOT.left, up.at(tick), PLOT.right, up.at(tick), GRID),
        words(tickText(tick), PLOT.left - 6, up.at(tick) + 4, 11, { "text-anchor": "end" }),
      ),
    ),
    words(x.label, (PLOT.left + PLOT.right) / 2, HEIGHT - 30, 12, { "text-anchor": "middle" }),
    words(y.label, 18, (PLOT.top + PLOT.bottom) / 2, 12, {
      "text-anchor": "middle",
      transform: `rotate(-90 18 ${(PLOT.top + PLOT.bottom) / 2})`,
    }),
    ...series.map((one, index) => drawn(one, LINE_COLOURS[index % LINE_COLOURS.length]!, across, up)),
    ...legend(series),
  ];
}

const GRID: Attributes = { stroke: "#dddddd", "stroke-width": 1 };

function drawn({ name, points, dashed }: Series, colour: string, across: Scale, up: Scale): string {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const path = sorted.map(({ x, y }) => `${round(across.at(x))},${round(up.at(y))}`).join(" ");
  const bars = sorted.flatMap(({ x, low, high }) =>
    low === undefined || high === undefined || low === high
      ? []
      : [line(across.at(x), up.at(low), across.at(x), up.at(high), { stroke: colour, "stroke-width": 1 })],
  );
  const dots =
    sorted.length > 40
      ? []
      : sorted.map(({ x, y }) => element("circle", { cx: across.at(x), cy: up.at(y), r: 3, fill: colour }));
  const style = {
    fill: "none",
    stroke: colour,
    "stroke-width": 1.8,
    ...(dashed && { "stroke-dasharray": "6 4" }),
  };
  return element(
    "g",
    {},
    textElement("title", {}, name),
    element("polyline", { points: path, ...style }),
    ...bars,
    ...dots,
  );
}

function legend(series: readonly Series[]): string[] {
  const column = (PLOT.right - PLOT.left) / Math.min(4, Math.max(1, series.length));
  return series.map(({ name, dashed }, index) => {
    const left = PLOT.left + (index % 4) * column;
    const top = HEIGHT - 12 - 14 * Math.max(0, Math.ceil(series.length / 4) - 1 - Math.floor(index / 4));
    const style = {
      stroke: LINE_COLOURS[index % LINE_COLOURS.length]!,
      "stroke-width": 2,
      ...(dashed && { "stroke-dasharray": "6 4" }),
    };
    return element(
      "g",
      {},
      line(left, top - 4, left + 18, top - 4, style),
      words(shorten(name, 26), left + 23, top, 11),
    );
  });
}

/** A scale over all values, a little wider than they are; values that have no logarithm are left out of a log scale. */
function scaleOf(
  { scale = "linear", min, max }: Axis,
  values: readonly number[],
  from: number,
  to: number,
): Scale {
  const isLog = scale === "log";
  const usable = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  const toInner = (value: number) => (isLog ? Math.log10(value) : value);
  let low = toInner(min ?? usable.reduce((a, b) => Math.min(a, b), usable[0] ?? (isLog ? 1 : 0)));
  let high = toInner(max ?? usable.reduce((a, b) => Math.max(a, b), usable[0] ?? 1));
  if (high === low)
    [low, high] = [
      low - (isLog ? 0.5 : Math.abs(low) / 2 || 0.5),
      high + (isLog ? 0.5 : Math.abs(high) / 2 || 0.5),
    ];
  const margin = 0.04 * (high - low);
  if (min === undefined) low -= margin;
  if (max === undefined) high += margin;
  const at = (value: number) => from + ((toInner(value) - low) / (high - low)) * (to - from);
  return { at, ticks: isLog ? logTicks(low, high) : linearTicks(low, high) };
}

function linearTicks(low: number, high: number): number[] {
  const raw = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high; i += 1)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

function logTicks(low: number, high: number): number[] {
  const factors = high - low < 1.2 ? [1, 1.5, 2, 3, 4, 5, 7] : high - low < 3 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power += 1)
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (Math.log10(tick) >= low && Math.log10(tick) <= high) ticks.push(tick);
    }
  return ticks;
}

function tickText(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (magnitude >= 1e4) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(4)));
}

const round = (value: number): number => Math.round(value * 100) / 100;
const line = (x1: number, y1: number, x2: number, y2: number, style: Attributes): string =>
  element("line", { x1, y1, x2, y2, ...style });
const words = (text: string, x: number, y: number, size: number, more: Attributes = {}): string =>
  textElement("text", { x, y, "font-size": size, fill: "#222222", ...more }, text);
