/** What goes wrong on a GPU, which is known later only: kept until the next await, which throws it. */

import { DeviceError, MemoryError, type TapegradError } from '../../errors.ts';

const AGAIN = `call await setDevice('webgpu') for a new device, and load the last checkpoint`;

export class Faults {
  readonly #device: GPUDevice;
  /** Scopes whose outcome is not known yet. */
  readonly #open = new Set<Promise<void>>();
  #first: TapegradError | undefined;
  #lost: string | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    void device.lost.then(({ message, reason }) => {
      const why = [reason, message].filter((part) => part && part !== 'unknown').join(': ');
      this.#lost = `the device was lost${why && ` (${why})`}; ${AGAIN}`;
    });
  }

  /** Why the device is gone; undefined while it is there. */
  get loss(): string | undefined {
    return this.#lost;
  }

  /** Throws: DeviceError once the device is lost. */
  checkAlive(): void {
    if (this.#lost) throw new DeviceError(`webgpu: ${this.#lost}`);
  }

  /**
   * Runs `fn`, and remembers what the GPU has to say against it. `what` completes "webgpu: ..."; `failed` is called when
   * there is something.
   */
  watch<R>(filter: 'validation' | 'out-of-memory', what: () => string, fn: () => R, failed?: () => void): R {
    this.#device.pushErrorScope(filter);
    try {
      return fn();
    } finally {
      const outcome = this.#device.popErrorScope().then(
        (error) => {
          this.#open.delete(outcome);
          if (!error) return;
          this.#first ??= faultOf(filter, what(), error.message);
          failed?.();
        },
        () => void this.#open.delete(outcome), // the device is lost, which its own promise tells
      );
      this.#open.add(outcome);
    }
  }

  /** Waits for what is not known yet. Throws: the first thing that went wrong since the last call, once. */
  async settle(): Promise<void> {
    await Promise.all(this.#open);
    const error = this.#first;
    this.#first = undefined;
    if (error) throw error;
    this.checkAlive();
  }

  /** What to throw for a promise of the GPU that was rejected. */
  async reasonFor(what: string, error: unknown): Promise<unknown> {
    // A lost device rejects what is pending before it says that it is lost.
    await Promise.race([this.#device.lost, new Promise((resolve) => setTimeout(resolve, 100))]);
    try {
      await this.settle();
    } catch (known) {
      return known;
    }
    return new DeviceError(`webgpu: ${what} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Kernels are labelled with this before their names, so that the name can be found in a message of the GPU. */
export const LABEL = 'tapegrad ';

function faultOf(filter: 'validation' | 'out-of-memory', what: string, message: string): TapegradError {
  const kernel = new RegExp(`"${LABEL}([^"]+)"`).exec(message)?.[1];
  const detail = message.trim().split('\n').slice(0, 8).join('\n');
  return filter === 'out-of-memory'
    ? new MemoryError(`webgpu: out of memory: ${what}${detail && `: ${detail}`}`)
    : new DeviceError(`webgpu: ${kernel ? `${kernel}: ` : ''}${what}: ${detail}`);
}
