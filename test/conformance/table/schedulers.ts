/** Schedules of learning rates. Options are PyTorch's in camelCase; what is not given is tapegrad's default. */

import type { Row } from '../row.ts';

export const schedulers: readonly Row[] = [];
