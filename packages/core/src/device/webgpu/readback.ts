/** Staging buffers: the only memory of the GPU that the host can look into. They are used again and again. */

import { bucketBytes } from '../pool.ts';
import { BufferUsage, MapMode } from './usage.ts';

/** Idle bytes beyond which a staging buffer is destroyed after use. */
const IDLE_CAP = 64 * 2 ** 20;

export class Readback {
  readonly #device: GPUDevice;
  readonly #idle = new Map<number, GPUBuffer[]>();
  #bytesIdle = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A buffer of at least so many bytes to copy into. */
  take(bytes: number): GPUBuffer {
    const size = bucketBytes(bytes);
    const idle = this.#idle.get(size)?.pop();
    if (idle) this.#bytesIdle -= size;
    return idle ?? this.#device.createBuffer({ size, usage: BufferUsage.MAP_READ | BufferUsage.COPY_DST });
  }

  /** The first bytes of a buffer, once the work before has been done; the buffer goes back. */
  async bytesOf(buffer: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    await buffer.mapAsync(MapMode.READ, 0, bytes);
    const copy = buffer.getMappedRange(0, bytes).slice(0);
    buffer.unmap();
    this.#give(buffer);
    return copy;
  }

  #give(buffer: GPUBuffer): void {
    if (this.#bytesIdle + buffer.size > IDLE_CAP) {
      buffer.destroy();
      return;
    }
    this.#bytesIdle += buffer.size;
    const idle = this.#idle.get(buffer.size) ?? [];
    idle.push(buffer);
    this.#idle.set(buffer.size, idle);
  }
}
