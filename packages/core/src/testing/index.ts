/** Tools for tests, exported as @tapegrad/core/testing. */

export { allclose, type CloseOptions, worstDifference } from './allclose.ts';
export {
  type Checkable,
  type CheckedModule,
  type GradcheckOptions,
  type GradcheckReport,
  gradcheck,
  gradgradcheck,
} from './gradcheck.ts';
export { type ParityOptions, type ParityReport, parity } from './parity.ts';
