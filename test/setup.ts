/** Properties try the same inputs in every run, so that a failure is of the change; FAST_CHECK_SEED=N tries others. */
import { configureGlobal } from 'fast-check';

configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20261122) });
