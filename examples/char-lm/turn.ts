/** Between two steps everybody else has a turn: Ctrl-C and timers in Node, messages in a browser's worker. */
export const turn: () => Promise<void> = 'setImmediate' in globalThis ? afterImmediates : afterMessages;

function afterImmediates(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Browsers have no setImmediate, and make timers wait for 4 ms; a message comes after those that wait already. */
function afterMessages(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const end = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', end, { once: true });
    port1.start();
    port2.postMessage(null);
  });
}
