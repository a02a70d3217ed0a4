/** A loop to be timed: one call does `units` of work. */
export interface Contender {
  readonly name: string;
  readonly run: () => void;
  readonly units: number;
}

/**
 * Nanoseconds a unit that each contender takes: the least of so many rounds, in which they take turns. Whatever
 * else the machine does only ever adds to a time.
 */
export function nanosecondsPerUnit(contenders: readonly Contender[], rounds: number): number[] {
  const least = contenders.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { run, units }] of contenders.entries()) {
      const start = performance.now();
      run();
      least[index] = Math.min(least[index]!, (1e6 * (performance.now() - start)) / units);
    }
  }
  return least;
}

/** Columns side by side: the first to the left, the others to the right. */
export function formatTable(title: string, rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join("  "),
  );
  return `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}
