/** What the program runs on. Node's modules come without an import, so that bundles for browsers need no stand-ins. */

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly arch: string;
  readonly execArgv: readonly string[];
  /** From Node 20.16 on. */
  getBuiltinModule?(name: string): unknown;
  /** Bytes that the container may use; 0 or very large where nothing limits it. */
  constrainedMemory?(): number;
}

/** Node's `process`; Bun and Deno have it too. undefined in browsers. */
export function nodeProcess(): NodeProcess | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.versions?.node ? process : undefined;
}

/** A module of Node's own. */
export function nodeModule<T>(name: string): T | undefined {
  return nodeProcess()?.getBuiltinModule?.(name) as T | undefined;
}

/** Bytes of memory that the machine or container has; Infinity where that cannot be known. */
export function machineMemory(): number {
  const total = nodeModule<{ totalmem(): number }>('node:os')?.totalmem() ?? Infinity;
  const limit = nodeProcess()?.constrainedMemory?.() || Infinity;
  return Math.min(total, limit);
}
