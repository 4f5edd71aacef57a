export function withPackages(use: (folder: string) => void | Promise<void>): Promise<void>;
