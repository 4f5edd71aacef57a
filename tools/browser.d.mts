import type { Browser } from 'playwright-core';

export const ISOLATED: Readonly<Record<string, string>>;
export function launchChromium(): Promise<Browser>;
export function buildSite(root: string, folder: string): Promise<void>;
export function serve(
  folder: string,
  headers?: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; close(): void }>;
