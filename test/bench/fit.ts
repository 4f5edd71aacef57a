/** A straight line through measurements. */

export interface Point {
  readonly n: number;
  readonly ms: number;
}

/** ms = a + b n */
export interface Line {
  readonly a: number;
  readonly b: number;
}

/**
 * The line from which the points deviate least in percent: small and large ones count alike. It minimizes the sum of
 * ((a + b n - ms) / ms)^2, which is least squares with weights 1 / ms^2.
 */
export function fitLine(points: readonly Point[]): Line {
  const sum = (of: (point: Point) => number): number =>
    points.reduce((total, point) => total + of(point) / point.ms ** 2, 0);
  const [w, n, nn] = [sum(() => 1), sum((p) => p.n), sum((p) => p.n ** 2)];
  const [y, ny] = [sum((p) => p.ms), sum((p) => p.n * p.ms)];
  const b = (w * ny - n * y) / (w * nn - n * n);
  return { a: (y - b * n) / w, b };
}

/** How far a measurement lies above the line, in units of the line: 0.05 is 5% above. */
export function deviation({ a, b }: Line, { n, ms }: Point): number {
  return ms / (a + b * n) - 1;
}
