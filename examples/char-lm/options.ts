/** The options of `train.ts` and `evaluate.ts`. */
import {
  type Command,
  checkStored,
  choice,
  defaults,
  describeOptions,
  integer,
  parseCommand,
  type Rows,
  real,
  text,
  toggle,
} from './cli.ts';
import { UserError } from './user-error.ts';

export interface TrainOptions {
  readonly data: string | undefined;
  readonly out: string;
  readonly resume: boolean;
  readonly seed: number;
  readonly steps: number;
  readonly hidden: number;
  readonly embedding: number;
  readonly layers: number;
  readonly dropout: number;
  readonly batch: number;
  readonly time: number;
  readonly lr: number;
  readonly clip: number;
  readonly device: Device;
  readonly evaluateEvery: number;
  readonly checkpointEvery: number;
  readonly sample: number;
  readonly temperature: number;
  readonly help: boolean;
}

export interface EvaluateOptions {
  readonly run: string;
  readonly device: Device;
  readonly worst: number;
  readonly help: boolean;
}

export type Device = 'cpu' | 'wasm' | 'webgpu';

/** The command line of `train.ts`; `given` tells which options the user wrote. Throws: `UserError`. */
export function trainOptions(args: readonly string[]): Command<TrainOptions> {
  const command = parseCommand(args, TRAIN);
  const [operand] = command.operands;
  if (operand !== undefined)
    throw new UserError(`'${operand}' belongs to no option. To train on a file: --data ${operand}. See --help.`);
  return command;
}

/** The options of a command line without any. */
export function defaultTrainOptions(): TrainOptions {
  return defaults(TRAIN);
}

/** The options that a checkpoint was trained with, from its JSON. Throws: `UserError`. */
export function savedTrainOptions(stored: Readonly<Record<string, unknown>>): TrainOptions {
  return checkStored(stored, TRAIN);
}

/** The command line of `evaluate.ts`: its options and the file to evaluate, absent with `--help`. Throws: `UserError`. */
export function evaluateOptions(
  args: readonly string[],
): Command<EvaluateOptions> & { readonly file: string | undefined } {
  const command = parseCommand(args, EVALUATE);
  const { options, operands } = command;
  if (!options.help && operands.length !== 1)
    throw new UserError(`${operands.length} files are given: expected one, the text to evaluate. See --help.`);
  return { ...command, file: operands[0] };
}

const DEVICES: readonly Device[] = ['cpu', 'wasm', 'webgpu'];
const RUN = 'runs/char-lm';

const TRAIN: Rows<TrainOptions> = {
  data: text<string | undefined>(undefined, 'FILE', 'UTF-8 text to learn; without it, Moby Dick'),
  out: text<string>(RUN, 'FOLDER', 'for the checkpoint, the loss curve and the sample of one run'),
  resume: toggle('continue from the checkpoint in --out'),
  seed: integer(1, 'of the initial weights, dropout and the sample', 0, 2 ** 32 - 1),
  steps: integer(1500, 'optimizer steps in all, those before --resume included', 1),
  hidden: integer(128, 'units of an LSTM layer', 1),
  embedding: integer(64, 'numbers that stand for a character', 1),
  layers: integer(1, 'LSTM layers', 1),
  dropout: real(0, 'probability of dropping an activation', 0, 0.99),
  batch: integer(32, 'sequences a step', 1),
  time: integer(64, 'characters a sequence', 1),
  lr: real(0.003, 'learning rate of Adam', 0, Number.POSITIVE_INFINITY, true),
  clip: real(1, 'largest norm of the gradient', 0, Number.POSITIVE_INFINITY, true),
  device: choice<Device>('wasm', DEVICES, 'where to compute'),
  evaluateEvery: integer(100, 'steps between two losses on the validation text; 0: only at the end'),
  checkpointEvery: integer(100, 'steps between two checkpoints; 0: only at the end'),
  sample: integer(400, 'characters to write at the end'),
  temperature: real(0.8, 'of the sample: lower is more certain, 1 is what the model believes', 0.01, 100),
  help: toggle('this text'),
};

const EVALUATE: Rows<EvaluateOptions> = {
  run: text<string>(RUN, 'FOLDER', 'what --out was when the model was trained; without it, the newest run'),
  device: choice<Device>('wasm', DEVICES, 'where to compute'),
  worst: integer(10, 'how many of the most surprising characters to list'),
  help: toggle('this text'),
};

/** What `train.ts --help` prints. */
export const TRAIN_HELP: string = `Trains an LSTM language model on characters, and compares it with n-grams.

Usage: npx -y pnpm@12 start [OPTION...]

${describeOptions(TRAIN)}

Ctrl-C saves a checkpoint and stops; --resume continues as if nothing had happened.
Node runs with wide SIMD (256 bits) where it can; with --no-wide-simd it runs without.
`;

/** What `evaluate.ts --help` prints. */
export const EVALUATE_HELP: string = `Shows how much each character of a text surprises a trained model, in bits.

Usage: npx -y pnpm@12 exec node examples/char-lm/evaluate.ts FILE [OPTION...]

${describeOptions(EVALUATE)}

Colours are left out where NO_COLOR is set or the output is not a terminal.
`;
