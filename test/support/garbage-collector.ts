/** The engine's collector, which is hidden unless a flag says otherwise. */
export async function garbageCollector(): Promise<() => void> {
  const [v8, vm] = await Promise.all([import('node:v8'), import('node:vm')]);
  v8.setFlagsFromString('--expose-gc');
  return vm.runInNewContext('gc') as () => void;
}

/** What collects, and waits until what was collected has been counted out. */
export async function settling(): Promise<() => Promise<void>> {
  const collect = await garbageCollector();
  return async () => {
    for (let k = 0; k < 3; k++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
}
