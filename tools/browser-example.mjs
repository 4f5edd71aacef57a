// `pnpm browser`: serves examples/browser, and opens it where somebody looks on.
import { join } from 'node:path';
import { createServer } from 'vite';

const root = join(import.meta.dirname, '..', 'examples', 'browser');
const server = await createServer({ configFile: join(root, 'vite.config.mjs'), root });
await server.listen();
server.printUrls();
if (process.stdout.isTTY) server.openBrowser();
