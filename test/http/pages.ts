/** A leader with a live page, and requests to it. */
import { type IncomingMessage, request } from 'node:http';
import type { View } from '../../src/http/view.js';
import { LeaderProcess } from '../protocol/leader-process.js';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly socketPath?: string;
}

/** A request of its own connection, as it is given: fetch would choose the Host itself. */
export function ask(
  url: string,
  { method = 'GET', headers = {}, socketPath }: Asking = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false, ...(socketPath === undefined ? {} : { socketPath }) };
    const sent = request(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

export class LeaderWithPage extends LeaderProcess {
  url = '';

  override async start(...options: string[]): Promise<void> {
    await super.start('--http', '127.0.0.1:0', ...options);
    this.url = /^live page on (http:\S+)$/m.exec(this.log)![1]!;
  }

  /** At a Unix socket instead. */
  startAt(path: string): Promise<void> {
    return super.start('--http', path);
  }

  get(path: string, asking: Asking = {}): Promise<Answered> {
    return ask(new URL(path, this.url).href, asking);
  }

  async view(query = ''): Promise<View> {
    return JSON.parse((await this.get(`/api/view${query}`)).body) as View;
  }
}

/** Opens a stream of events; the views that come. Closed by the caller. */
export function stream(url: string): {
  readonly views: View[];
  close(): void;
  readonly status: Promise<number>;
} {
  const views: View[] = [];
  let close = () => {};
  const status = new Promise<number>((resolve, reject) => {
    const sent = request(url, { agent: false }, (response) => {
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        const parts = (rest + text).split('\n\n');
        rest = parts.pop()!;
        for (const part of parts)
          if (part.startsWith('data: ')) views.push(JSON.parse(part.slice(6)) as View);
      });
      response.on('error', () => {});
      resolve(response.statusCode!);
    });
    sent.on('error', reject);
    sent.end();
    close = () => sent.destroy();
  });
  return { views, status, close: () => close() };
}
