/** When to stop before the end: Ctrl-C, a request of the system, or nobody left to read. */

export interface Stop {
  /** Becomes true once, and stays so. */
  readonly asked: boolean;
}

/**
 * Listens for Ctrl-C (or SIGTERM), and for the end of a pipe that this process writes to (`... | head`): each asks to
 * save and stop. A second Ctrl-C ends the process as usual.
 */
export function listenForStop(): Stop {
  const stop = { asked: false };
  const ask = (): void => {
    stop.asked = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, ask);
  for (const stream of [process.stdout, process.stderr]) stream.once('error', ask);
  return stop;
}
