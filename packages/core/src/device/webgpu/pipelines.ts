/** Compiled kernels and the groups of buffers that they are bound to, made once each. */

import { type Faults, LABEL } from './faults.ts';
import type { Kernel } from './kernel.ts';
import type { Block } from './memory.ts';
import { ShaderStage } from './usage.ts';

/** Bind groups that are kept: those that were not used while so many others were made are dropped. */
const GENERATION = 4096;

interface Layout {
  readonly id: number;
  readonly groups: GPUBindGroupLayout;
  readonly pipelines: GPUPipelineLayout;
}

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #parameters: GPUBuffer;
  readonly #pipelines = new Map<Kernel, GPUComputePipeline>();
  readonly #compiling = new Map<Kernel, Promise<void>>();
  readonly #layouts = new Map<string, Layout>();
  /** Two generations: what is used moves to the young one; when that is full, the old one goes. */
  #young = new Map<string, GPUBindGroup>();
  #old = new Map<string, GPUBindGroup>();

  constructor(device: GPUDevice, faults: Faults, parameters: GPUBuffer) {
    this.#device = device;
    this.#faults = faults;
    this.#parameters = parameters;
  }

  /** How many were compiled. */
  get count(): number {
    return this.#pipelines.size;
  }

  /** The kernel's pipeline, compiled now where it is not yet. */
  of(kernel: Kernel): GPUComputePipeline {
    let pipeline = this.#pipelines.get(kernel);
    if (!pipeline) {
      pipeline = this.#watch(kernel, () => this.#device.createComputePipeline(this.#describe(kernel)));
      this.#pipelines.set(kernel, pipeline);
    }
    return pipeline;
  }

  /** Compiles beside what else there is to do. What fails is tried again, and reported, when the kernel runs. */
  compile(kernel: Kernel): Promise<void> {
    let compiling = this.#compiling.get(kernel);
    if (!compiling) this.#compiling.set(kernel, (compiling = this.#compile(kernel)));
    return compiling;
  }

  async #compile(kernel: Kernel): Promise<void> {
    if (this.#pipelines.has(kernel)) return;
    const descriptor = this.#watch(kernel, () => this.#describe(kernel));
    try {
      this.#pipelines.set(kernel, await this.#device.createComputePipelineAsync(descriptor));
    } catch {}
  }

  groupOf(kernel: Kernel, blocks: readonly Block[]): GPUBindGroup {
    const layout = this.#layoutOf(kernel);
    let key = `${layout.id}`;
    for (const block of blocks) key += `,${block.id}`;
    let group = this.#young.get(key);
    if (group) return group;
    group = this.#old.get(key) ?? this.#bind(kernel, layout, blocks);
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, group);
    return group;
  }

  #bind(kernel: Kernel, layout: Layout, blocks: readonly Block[]): GPUBindGroup {
    const entries: GPUBindGroupEntry[] = blocks.map(({ gpu }, binding) => ({ binding, resource: { buffer: gpu } }));
    if (kernel.blockBytes > 0) {
      const resource = { buffer: this.#parameters, size: kernel.blockBytes };
      entries.push({ binding: blocks.length, resource });
    }
    return this.#watch(kernel, () => this.#device.createBindGroup({ layout: layout.groups, entries }));
  }

  #describe(kernel: Kernel): GPUComputePipelineDescriptor {
    const label = LABEL + kernel.name;
    const module = this.#device.createShaderModule({ label, code: kernel.wgsl });
    return { label, layout: this.#layoutOf(kernel).pipelines, compute: { module, entryPoint: 'main' } };
  }

  #layoutOf({ modes, blockBytes }: Kernel): Layout {
    const key = modes + blockBytes;
    const known = this.#layouts.get(key);
    if (known) return known;
    const visibility = ShaderStage.COMPUTE;
    const entries: GPUBindGroupLayoutEntry[] = [...modes].map((mode, binding) => ({
      binding,
      visibility,
      buffer: { type: mode === 'r' ? 'read-only-storage' : 'storage' },
    }));
    if (blockBytes > 0) {
      entries.push({ binding: modes.length, visibility, buffer: { type: 'uniform', hasDynamicOffset: true } });
    }
    const groups = this.#device.createBindGroupLayout({ entries });
    const pipelines = this.#device.createPipelineLayout({ bindGroupLayouts: [groups] });
    const layout = { id: this.#layouts.size, groups, pipelines };
    this.#layouts.set(key, layout);
    return layout;
  }

  #watch<R>(kernel: Kernel, fn: () => R): R {
    return this.#faults.watch('validation', () => `${kernel.name}: its shader does not compile`, fn);
  }
}
