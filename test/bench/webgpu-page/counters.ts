/** Counts what a page asks of WebGPU, whoever asks. */

/** How often, and how many bytes. */
export interface Counts {
  readonly dispatches: number;
  readonly submits: number;
  readonly pipelines: number;
  readonly buffers: number;
  readonly bufferBytes: number;
  readonly writtenBytes: number;
  readonly reads: number;
}

/** From now on. The result says how much it was so far. */
export function count(): () => Counts {
  const counts = { dispatches: 0, submits: 0, pipelines: 0, buffers: 0, bufferBytes: 0, writtenBytes: 0, reads: 0 };
  const { GPUBuffer, GPUComputePassEncoder, GPUDevice, GPUQueue } = globalThis as unknown as Record<
    string,
    { readonly prototype: Record<string, (...args: never[]) => unknown> }
  >;
  const watch = (of: typeof GPUQueue, method: string, note: (...args: never[]) => void): void => {
    const original = of!.prototype[method]!;
    of!.prototype[method] = function (this: unknown, ...args: never[]): unknown {
      note(...args);
      return original.apply(this, args);
    };
  };
  watch(GPUComputePassEncoder, 'dispatchWorkgroups', () => counts.dispatches++);
  watch(GPUComputePassEncoder, 'dispatchWorkgroupsIndirect', () => counts.dispatches++);
  watch(GPUQueue, 'submit', () => counts.submits++);
  for (const method of ['createComputePipeline', 'createComputePipelineAsync'])
    watch(GPUDevice, method, () => counts.pipelines++);
  watch(GPUDevice, 'createBuffer', ({ size }: { readonly size: number }) => {
    counts.buffers++;
    counts.bufferBytes += size;
  });
  watch(GPUQueue, 'writeBuffer', (_buffer, _offset, data: ArrayBufferView, _from, elements: number | undefined) => {
    const { BYTES_PER_ELEMENT = 1 } = data as ArrayBufferView & { readonly BYTES_PER_ELEMENT?: number };
    counts.writtenBytes += elements === undefined ? data.byteLength : elements * BYTES_PER_ELEMENT;
  });
  watch(GPUBuffer, 'mapAsync', () => counts.reads++);
  return () => ({ ...counts });
}
