import type { Contender } from './job.ts';

export const jaxJs: Contender;
