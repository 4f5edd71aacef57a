/** The worker: looks for devices, or does a training and tells how it goes. The page's thread never computes. */
import { TapegradError } from '@tapegrad/core';
import '@tapegrad/core/webgpu';
import { UserError } from '../char-lm/user-error.ts';
import { findDevices } from './find-devices.ts';
import type { News, Order } from './messages.ts';
import { trainAsPlanned } from './train-as-planned.ts';

const stop = { asked: false };
const tell = (news: News): void => postMessage(news);

globalThis.onmessage = async ({ data: order }: MessageEvent<Order>): Promise<void> => {
  try {
    if (order.kind === 'stop') stop.asked = true;
    if (order.kind === 'probe') tell({ kind: 'devices', devices: await findDevices() });
    if (order.kind === 'train') await trainAsPlanned(order, stop, tell);
  } catch (error) {
    tell({ kind: 'error', message: inWords(error) });
  }
};

/** What the user can do something about is a sentence; the rest comes with where it happened. */
function inWords(error: unknown): string {
  if (error instanceof UserError || error instanceof TapegradError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
