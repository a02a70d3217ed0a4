import { type Axis, type Scale, scaleOf, tickText } from "./chart-scale.ts";
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
  /** Place in `LINE_COLOURS`; that of the series among all where absent. */
  readonly colour?: number;
}

export interface LineChart {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [640, 420];
const PLOT = { left: 78, right: WIDTH - 18, top: 62, bottom: HEIGHT - 62 };
/** Okabe and Ito's colours, which the colour-blind tell apart. */
export const LINE_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];

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
    ...series.map((one, index) => drawn(one, colourOf(one, index), across, up)),
    ...legend(series),
  ];
}

const GRID: Attributes = { stroke: "#dddddd", "stroke-width": 1 };

/** Of a line; with more, it is no row of measurements but a curve. */
const MOST_DOTS = 20;

function drawn({ name, points, dashed }: Series, colour: string, across: Scale, up: Scale): string {
  const sorted = points.filter(({ x, y }) => across.holds(x) && up.holds(y)).sort((a, b) => a.x - b.x);
  const path = sorted.map(({ x, y }) => `${round(across.at(x))},${round(up.at(y))}`).join(" ");
  const bars = sorted.flatMap(({ x, low, high }) =>
    low === undefined || high === undefined || low === high
      ? []
      : [line(across.at(x), up.at(low), across.at(x), up.at(high), { stroke: colour, "stroke-width": 1 })],
  );
  const dots =
    sorted.length > MOST_DOTS
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

const colourOf = ({ colour }: Series, index: number): string =>
  LINE_COLOURS[(colour ?? index) % LINE_COLOURS.length]!;

function legend(series: readonly Series[]): string[] {
  const column = (PLOT.right - PLOT.left) / Math.min(4, Math.max(1, series.length));
  return series.map((one, index) => {
    const { name, dashed } = one;
    const left = PLOT.left + (index % 4) * column;
    const top = HEIGHT - 12 - 14 * Math.max(0, Math.ceil(series.length / 4) - 1 - Math.floor(index / 4));
    const style = {
      stroke: colourOf(one, index),
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

const round = (value: number): number => Math.round(value * 100) / 100;
const line = (x1: number, y1: number, x2: number, y2: number, style: Attributes): string =>
  element("line", { x1, y1, x2, y2, ...style });
const words = (text: string, x: number, y: number, size: number, more: Attributes = {}): string =>
  textElement("text", { x, y, "font-size": size, fill: "#222222", ...more }, text);
