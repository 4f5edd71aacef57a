/**
 * Work on its way to the GPU: dispatches and copies gather in one command encoder, and are submitted together.
 *
 * `queue.writeBuffer` lands before the whole of the next submit. So the parameters of a batch gather on the host, each
 * dispatch's in a place of its own, and go to the GPU in one write before their submit.
 */

import { DeviceError } from '../../errors.ts';
import { type Faults, LABEL } from './faults.ts';
import type { Kernel } from './kernel.ts';
import type { Block } from './memory.ts';
import { BufferUsage } from './usage.ts';

/** Offsets of parameter blocks are multiples of this. */
const PLACE_BYTES = 256;
/** Places for parameters in a batch. */
const PLACES = 1024;
/** A batch is submitted at so many dispatches, or when its dispatches have touched so many bytes. */
const MOST_DISPATCHES = 128;
const MOST_BYTES = 1024 * 2 ** 20;
/** Submits in flight that are worth a warning, and those that are too many. */
const WARN_IN_FLIGHT = 256;
const MOST_IN_FLIGHT = 4096;
/** How often the GPU is asked how far it is. */
const ASK_EVERY = 16;

export class Queue {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  /** Parameters of the pending batch, and their buffer on the GPU. */
  readonly #words: ArrayBuffer = new ArrayBuffer(PLACES * PLACE_BYTES);
  readonly #views = {
    f32: new Float32Array(this.#words),
    i32: new Int32Array(this.#words),
    u32: new Uint32Array(this.#words),
  };
  readonly parameters: GPUBuffer;
  readonly #place = new Uint32Array(1);
  #places = 0;
  /** Workgroups in a dimension of a grid. */
  readonly #mostGroups: number;

  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #dispatches = 0;
  #bytes = 0;
  /** Blocks to be destroyed when the pending batch is submitted. */
  #doomed: Block[] = [];
  #submits = 0;
  #done = 0;
  #warned = false;
  #dispatched = 0;

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
    this.#mostGroups = device.limits.maxComputeWorkgroupsPerDimension;
    const usage = BufferUsage.UNIFORM | BufferUsage.COPY_DST;
    this.parameters = device.createBuffer({ label: `${LABEL}parameters`, size: this.#words.byteLength, usage });
  }

  /** Work that was submitted, and that was put into batches. */
  get counts(): { readonly submits: number; readonly dispatches: number } {
    return { submits: this.#submits, dispatches: this.#dispatched };
  }

  /** Adds a dispatch. Throws: DeviceError where too much is in flight. */
  dispatch(
    kernel: Kernel,
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    blocks: readonly Block[],
    parameters: readonly number[],
    groups: number,
  ): void {
    const places = Math.ceil(kernel.blockBytes / PLACE_BYTES);
    if (this.#dispatches >= MOST_DISPATCHES || this.#bytes > MOST_BYTES || this.#places + places > PLACES) {
      this.#checkInFlight();
      this.submit();
    }
    this.#pass ??= this.#open().beginComputePass();
    this.#pass.setPipeline(pipeline);
    if (places > 0) {
      this.#place[0] = this.#putParameters(kernel, parameters, places);
      this.#pass.setBindGroup(0, group, this.#place, 0, 1);
    } else this.#pass.setBindGroup(0, group);
    const rows = Math.ceil(groups / this.#mostGroups);
    this.#pass.dispatchWorkgroups(Math.ceil(groups / rows), rows);
    for (const block of blocks) {
      block.batch = this.#submits;
      this.#bytes += block.gpu.size;
    }
    this.#dispatches++;
    this.#dispatched++;
  }

  copy(from: Block, fromByte: number, to: GPUBuffer, toByte: number, bytes: number): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#open().copyBufferToBuffer(from.gpu, fromByte, to, toByte, bytes);
    from.batch = this.#submits;
  }

  /** Writes from the host; what is pending still sees the old values. */
  write(block: Block, data: Float32Array | Int32Array | Uint32Array): void {
    if (this.isPending(block)) {
      this.#checkInFlight();
      this.submit();
    }
    this.#faults.watch(
      'validation',
      () => 'the GPU refused what was written from the host',
      () => this.#device.queue.writeBuffer(block.gpu, 0, data as Uint32Array<ArrayBuffer>),
    );
  }

  /** Frees a block's memory as soon as no pending work uses it. */
  destroy(block: Block): void {
    if (this.isPending(block)) this.#doomed.push(block);
    else block.gpu.destroy();
  }

  /** Whether work uses the block that is not submitted yet. */
  isPending(block: Block): boolean {
    return this.#encoder !== undefined && block.batch === this.#submits;
  }

  /** Hands all that is pending to the GPU. */
  submit(): void {
    const encoder = this.#encoder;
    if (!encoder) return;
    const { queue } = this.#device;
    this.#faults.watch(
      'validation',
      () => 'the GPU refused this work',
      () => {
        this.#pass?.end();
        if (this.#places > 0) queue.writeBuffer(this.parameters, 0, this.#words, 0, this.#places * PLACE_BYTES);
        queue.submit([encoder.finish()]);
      },
    );
    this.#encoder = undefined;
    this.#pass = undefined;
    this.#places = 0;
    this.#dispatches = 0;
    this.#bytes = 0;
    for (const block of this.#doomed.splice(0)) block.gpu.destroy();
    const submit = ++this.#submits;
    if (submit % ASK_EVERY === 0) queue.onSubmittedWorkDone().then(() => this.reached(submit), ignore);
  }

  /** The GPU has done so many submits. */
  reached(submits: number): void {
    this.#done = Math.max(this.#done, submits);
  }

  #open(): GPUCommandEncoder {
    return (this.#encoder ??= this.#device.createCommandEncoder());
  }

  #putParameters({ parameters: words }: Kernel, values: readonly number[], places: number): number {
    const start = this.#places * PLACE_BYTES;
    this.#places += places;
    for (let k = 0; k < words.length; k++) this.#views[words[k]!][start / 4 + k] = values[k]!;
    return start;
  }

  /** A loop that never awaits queues work without end. Throws: DeviceError past what can wait. */
  #checkInFlight(): void {
    const inFlight = this.#submits - this.#done;
    if (inFlight >= MOST_IN_FLIGHT) {
      throw new DeviceError(
        `webgpu: ${inFlight} batches of work wait for the GPU, because nothing was awaited: await x.data(), x.item() or synchronize() now and then in the loop`,
      );
    }
    if (inFlight >= WARN_IN_FLIGHT && !this.#warned) {
      this.#warned = true;
      console.warn(
        `tapegrad: ${inFlight} batches of work wait for the GPU: await x.item() or synchronize() now and then in a loop (at ${MOST_IN_FLIGHT} it is an error)`,
      );
    }
  }
}

const ignore = (): void => {};
