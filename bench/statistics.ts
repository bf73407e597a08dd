/** Lowest, middle and highest of some repeats. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** The spread of numbers; of an even count the middle is the mean of the two in the middle. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? NaN;
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(half) : (at(half - 1) + at(half)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** Milliseconds as seconds, in a column. */
export const seconds = (ms: number): string => (ms / 1000).toFixed(2).padStart(6);

/** Minimum, median and maximum of milliseconds, as seconds. */
export function cells(values: readonly number[]): string[] {
  const { min, median, max } = spreadOf(values);
  return [min, median, max].map(seconds);
}
