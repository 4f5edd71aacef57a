/** What losses without weights of their own share: the options that their function takes. */

import { Module } from '../module.ts';

/** A loss as a module: `forward` calls its function with these options. */
export abstract class Loss<Options extends object> extends Module {
  readonly options: Options;

  constructor(options: Options = {} as Options) {
    super();
    this.options = options;
  }
}
