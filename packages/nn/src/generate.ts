/** Text that models write. */

export { type Beam, type BeamOptions, beamSearch } from './generate/beam-search.ts';
export { type FilterOptions, filterLogits } from './generate/filter-logits.ts';
export { type GenerateOptions, generate } from './generate/generate.ts';
export type { Prediction, TokenModel } from './generate/reader.ts';
