/** What the page and its worker say to each other. */
import type { LossPoint, Reference } from '../char-lm/curve.ts';
import type { Device } from '../char-lm/options.ts';

/** From the page: a worker does one training, and ends with it. */
export type Order =
  | { readonly kind: 'probe' }
  | ({ readonly kind: 'train' } & Plan)
  /** After the step that is under way. */
  | { readonly kind: 'stop' };

export interface Plan {
  /** A file of UTF-8; without it, Moby Dick. */
  readonly file: File | undefined;
  readonly device: Device;
  /** Steps in all, those before the checkpoint included. */
  readonly steps: number;
  /** Units of the LSTM; those of the checkpoint, where there is one. */
  readonly hidden: number;
  /** Where to go on from. */
  readonly from: Checkpoint | undefined;
}

export interface Checkpoint {
  readonly step: number;
  /** safetensors, such as `start --resume` reads too; the page hands it on without reading it. */
  readonly file: Blob;
  /** The n-grams of its text, which need not be counted again. */
  readonly references: readonly Reference[];
}

/** From the worker. */
export type News =
  | { readonly kind: 'devices'; readonly devices: readonly DeviceReport[] }
  /** What it is doing before the first step. */
  | { readonly kind: 'phase'; readonly doing: string }
  | ({ readonly kind: 'ready' } & Beginning)
  /** The steps since the last news of this kind. */
  | { readonly kind: 'steps'; readonly losses: readonly LossPoint[]; readonly tokensPerSecond: number }
  | { readonly kind: 'validation'; readonly point: LossPoint }
  | { readonly kind: 'sample'; readonly step: number; readonly prompt: string; readonly text: string }
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'end'; readonly step: number; readonly steps: number }
  | { readonly kind: 'error'; readonly message: string };

export interface DeviceReport {
  readonly name: Device;
  /** What it is, here. */
  readonly what: string;
  /** Why it cannot be had; absent where it can. */
  readonly obstacle?: string;
}

/** A training as it begins, or goes on. */
export interface Beginning {
  /** Text, model and device in words. */
  readonly summary: string;
  readonly step: number;
  readonly steps: number;
  readonly losses: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
  readonly references: readonly Reference[];
}
