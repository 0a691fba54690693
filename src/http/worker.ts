/** The thread of the live page: see start.ts. Standard error is written to directly, as the main thread forwards nothing. */
import type { AddressInfo } from 'node:net';
import { type MessagePort, workerData } from 'node:worker_threads';
import { createLog, type LogLevel } from '../shared/log.js';
import { builtFile } from '../shared/root.js';
import type { Address } from './address.js';
import { Poller } from './poller.js';
import { createPageServer } from './server.js';
import { Source } from './source.js';

/** What it is started with. */
export interface Setting {
  readonly address: Address;
  /** Of the listening Unix socket; -1 for a port. */
  readonly fd: number;
  readonly socketPath: string;
  readonly logLevel: LogLevel;
  readonly port: MessagePort;
  /** Becomes 1 once `port` has what came of it. */
  readonly listening: Int32Array;
}

/** What came of it. */
export type Started = { readonly port: number } | { readonly code: string };

const { address, fd, socketPath, logLevel, port, listening } = workerData as Setting;
const log = createLog('leader', logLevel);
// A fault of the page is no reason to end the leader, which this would do at its end.
process.on('uncaughtException', (error) => log.error(`live page: ${error.stack}`));

const now = () => performance.now();
const source = new Source(socketPath, now);
const poller = new Poller(source, { now, date: () => Date.now() });
const server = createPageServer({
  address,
  files: builtFile('page'),
  poller,
  scrape: () => source.scrape(),
  date: () => Date.now(),
  onError: (error) => log.error(`live page: ${error.stack}`),
});

function tell(started: Started): void {
  port.postMessage(started);
  Atomics.store(listening, 0, 1);
  Atomics.notify(listening, 0);
}

server.once('error', (error: NodeJS.ErrnoException) => tell({ code: error.code ?? 'EIO' }));
server.listen(address.host === undefined ? { fd } : { host: address.host, port: address.port }, () => {
  tell({ port: address.host === undefined ? 0 : (server.address() as AddressInfo).port });
  server.on('error', (error) => log.error(`live page: ${error.message}`));
  poller.start();
});
