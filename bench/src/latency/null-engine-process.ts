/** A server whose engines cost nothing, in a process of its own, ended by a signal: `node null-engine-process.js <reply>`. */
import { serveNullEngines } from './null-engine-server.ts';

await serveNullEngines(process.argv[2] ?? 'Now.');
