// The peers are no dependency of this repository: their packages lie in the folder PEERS.
import { join } from 'node:path';

const peers = process.env.PEERS;

export default {
  root: import.meta.dirname,
  plugins: [
    {
      name: 'peers',
      enforce: 'pre',
      resolveId(source, importer, options) {
        const isOurs = importer?.startsWith(import.meta.dirname);
        if (!isOurs || !/^@(tensorflow|jax-js)\//.test(source)) return null;
        return this.resolve(source, join(peers, 'index.js'), { ...options, skipSelf: true });
      },
    },
  ],
};
