/** A loss curve before it is drawn. */

/** A loss in nats per character, after so many optimizer steps. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** A level to compare with, such as the cross-entropy of the bigram model on the same text. */
export interface Reference {
  readonly label: string;
  /** nats per character */
  readonly nats: number;
}

/** At most 2000 points, each the mean of its neighbours: more cannot be seen, and make the file large. */
export function thin(points: readonly LossPoint[], most = 2000): readonly LossPoint[] {
  const size = Math.ceil(points.length / most);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const group = points.slice(i * size, (i + 1) * size);
    const mean = (of: (point: LossPoint) => number): number => group.reduce((sum, p) => sum + of(p), 0) / group.length;
    return { step: mean(({ step }) => step), loss: mean(({ loss }) => loss) };
  });
}

/** The labels of the references from top to bottom, pushed apart where their lines lie closer than `gap` nats. */
export function spread(references: readonly Reference[], gap: number): Reference[] {
  let above = Number.POSITIVE_INFINITY;
  return [...references]
    .sort((a, b) => b.nats - a.nats)
    .map(({ label, nats }) => {
      above = Math.min(nats, above - gap);
      return { label: `${label} ${nats.toFixed(3)}`, nats: above };
    });
}
