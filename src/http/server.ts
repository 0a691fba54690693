/**
 * The HTTP side of the live page: which requests are answered, and how. GET and HEAD only; nothing is changed by any
 * request. Requests whose Host is not ours are refused (address.ts). Everything is small and comes from this process.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Address, isOwnHost } from './address.js';
import { metricsContentType, metricsText, type Scraped } from './metrics.js';
import type { Poller } from './poller.js';
import { project } from './project.js';
import type { Choice, View } from './view.js';
import type { World } from './world.js';

/** Pages that are open at once. */
const streamsMax = 32;
const connectionsMax = 128;
const headerBytesMax = 8 * 1024;
const headersMilliseconds = 10_000;
const findCharactersMax = 200;

export interface PageOptions {
  readonly address: Address;
  /** Directory of index.html, page.js, page.css, icon.svg. */
  readonly files: string;
  readonly poller: Poller;
  readonly scrape: () => Promise<Scraped>;
  readonly date: () => number;
  readonly onError: (error: Error) => void;
}

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
};

const pages: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
) => Promise<void> | void;

export function createPageServer(options: PageOptions): Server {
  const { poller, address } = options;
  let streams = 0;

  const view = (world: World, choice: Choice): View =>
    project(world, choice, poller.samples, options.date(), poller.trouble);

  const routes: Record<string, Answer> = {
    '/healthz': (_, response) => text(response, 200, 'ok\n'),

    async '/metrics'(_, response) {
      const body = await metricsText(await options.scrape(), options.date());
      send(response, 200, metricsContentType, body);
    },

    async '/api/view'(_, response, query) {
      const choice = choiceOf(query);
      const body = JSON.stringify(view(await poller.look(choice), choice));
      send(response, 200, 'application/json; charset=utf-8', body);
    },

    '/events'(request, response, query) {
      if (streams >= streamsMax) return text(response, 503, `${streamsMax} pages are open already\n`);
      const choice = choiceOf(query);
      response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream; charset=utf-8' });
      if (request.method === 'HEAD') return void response.end();
      streams++;
      response.write('retry: 1000\n\n');
      const stop = poller.watch(choice, (world) => {
        // Who reads slowly gets fewer.
        if (!response.writableNeedDrain) response.write(`data: ${JSON.stringify(view(world, choice))}\n\n`);
      });
      response.on('close', () => {
        streams--;
        stop();
      });
    },
  };
  for (const [path, [file, type]] of Object.entries(pages)) {
    const body = readFileSync(`${options.files}/${file}`);
    routes[path] = (_, response) => send(response, 200, type, body);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnHost(request.headers.host, address))
      return text(response, 403, 'This Host is not answered here.\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      return text(response, 405, 'Only GET and HEAD.\n');
    }
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    if (!Object.hasOwn(routes, path)) return text(response, 404, 'Nothing here. See / and /metrics.\n');
    await routes[path]!(request, response, new URLSearchParams(query));
  }

  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      headersTimeout: headersMilliseconds,
      requestTimeout: headersMilliseconds,
    },
    (request, response) => {
      answer(request, response).catch((error: Error & { code?: unknown }) => {
        // The leader did not answer; anything else is a fault of ours.
        if (typeof error.code !== 'string') options.onError(error);
        if (response.headersSent) response.destroy();
        else text(response, 503, `The leader does not answer: ${error.message}\n`);
      });
    },
  );
  server.maxConnections = connectionsMax;
  return server;
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { ...headers, 'Content-Type': type, 'Content-Length': length });
  // To HEAD, Node sends no body.
  response.end(body);
}

const text = (response: ServerResponse, status: number, body: string): void =>
  send(response, status, 'text/plain; charset=utf-8', body);

/** Whatever is missing or makes no sense is as when the page is opened. */
function choiceOf(query: URLSearchParams): Choice {
  const number = (name: string): number => {
    const value = Number(query.get(name) ?? 0);
    return Number.isSafeInteger(value) && value > 0 ? value : 0;
  };
  const word = (name: string): string => (query.get(name) ?? '').slice(0, findCharactersMax);
  return {
    members: number('members'),
    files: number('files'),
    waits: number('waits'),
    file: word('file'),
    locks: number('locks'),
    member: number('member'),
    processes: number('processes'),
    find: word('find'),
  };
}
