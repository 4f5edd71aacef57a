/** Numbers as people read them. */

/** A loss in nats as bits: 1 nat is 1 / ln 2 = 1.4427 bits. */
export function bits(nats: number): number {
  return nats / Math.LN2;
}

/** A time in seconds with its two greatest units: `8 s`, `3 min 20 s`, `1 h 2 min`. */
export function duration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A count with its thousands apart: `12,345`. */
export function thousands(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}
