/** What a process needs in its environment before it asks for WebGPU. Installs what is missing. */
export function provideWebGpu(): Readonly<Record<string, string>>;
