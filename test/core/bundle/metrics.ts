/** A program that asks for one metric, for bundle.test.ts to bundle. */

import { tensor } from '@tapegrad/core';
import * as metrics from '@tapegrad/nn/metrics';

const classes = tensor(Int32Array.of(0, 1));
console.log(await metrics.f1(metrics.confusionMatrix(classes, classes, 2)).item());
