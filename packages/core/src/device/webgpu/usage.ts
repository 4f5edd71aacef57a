/** WebGPU's flags by their numbers: in Node their names are no globals. Source: https://www.w3.org/TR/webgpu/ */

export const BufferUsage = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 } as const;
export const MapMode = { READ: 1 } as const;
export const ShaderStage = { COMPUTE: 4 } as const;
