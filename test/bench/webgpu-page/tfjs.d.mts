import type { Contender } from './job.ts';

export const tfjs: Contender;
