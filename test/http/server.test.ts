/** The live page over HTTP: routes, headers, who is refused, events, exit statuses; nothing is left at the end. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../programs/support.js';
import { leaderProgram } from '../protocol/leader-process.js';
import { ask, LeaderWithPage, stream } from './pages.js';

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, SWARD_SOCKET: '' };
  return spawnSync(leaderProgram, args, { encoding: 'utf8', env, timeout: 50_000 });
}

describe('the live page over HTTP', () => {
  const leader = new LeaderWithPage();

  before(() => leader.start());
  after(async () => {
    expect(await leader.stop()).to.equal(0);
  });

  const routes: [path: string, status: number, type: RegExp, body: RegExp][] = [
    ['/', 200, /^text\/html; charset=utf-8$/, /^<!doctype html>/],
    ['/page.js', 200, /^text\/javascript; charset=utf-8$/, /EventSource/],
    ['/page.css', 200, /^text\/css; charset=utf-8$/, /prefers-color-scheme/],
    ['/icon.svg', 200, /^image\/svg\+xml$/, /^<svg/],
    ['/healthz', 200, /^text\/plain/, /^ok\n$/],
    ['/metrics', 200, /^text\/plain; version=0\.0\.4; charset=utf-8$/, /^sward_members 0$/m],
    ['/api/view', 200, /^application\/json; charset=utf-8$/, /^\{"at":/],
    ['/api/view?files=-1&locks=x&file=%00&member=1e99', 200, /^application\/json/, /^\{"at":/],
    ['/nothing', 404, /^text\/plain/, /^Nothing here/],
    ['/../package.json', 404, /^text\/plain/, /^Nothing here/],
    ['/%2e%2e/package.json', 404, /^text\/plain/, /^Nothing here/],
    ['/constructor', 404, /^text\/plain/, /^Nothing here/],
    ['/__proto__', 404, /^text\/plain/, /^Nothing here/],
  ];
  for (const [path, status, type, body] of routes) {
    it(`GET ${path}: ${status}`, async () => {
      const got = await leader.get(path);
      expect(got.status).to.equal(status);
      expect(got.headers['content-type']).to.match(type);
      expect(got.body).to.match(body);
    });
  }

  it('nothing from elsewhere, nothing inline, not in frames, nothing kept', async () => {
    for (const path of ['/', '/page.js', '/api/view', '/metrics', '/nothing']) {
      const { headers } = await leader.get(path);
      const policy = headers['content-security-policy'];
      expect(policy).to.match(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(policy)
        .to.match(/frame-ancestors 'none'/)
        .and.not.match(/unsafe|http|\*/);
      expect(headers['x-content-type-options']).to.equal('nosniff');
      expect(headers['referrer-policy']).to.equal('no-referrer');
      expect(headers['cross-origin-resource-policy']).to.equal('same-origin');
      expect(headers['cache-control']).to.equal('no-store');
      expect(headers['access-control-allow-origin']).to.equal(undefined);
    }
    const { body } = await leader.get('/');
    expect(body).to.not.match(/https?:|style=|onload|<script>/);
  });

  it('HEAD has no body, other methods are refused', async () => {
    const head = await leader.get('/', { method: 'HEAD' });
    expect([head.status, head.body]).to.deep.equal([200, '']);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const { status, headers } = await leader.get('/', { method });
      expect([method, status, headers.allow]).to.deep.equal([method, 405, 'GET, HEAD']);
    }
  });

  it('a Host that is not ours is refused, whatever is asked for', async () => {
    for (const path of ['/', '/api/view', '/events', '/metrics', '/nothing']) {
      const { status, body } = await leader.get(path, { headers: { Host: 'evil.example:9180' } });
      expect([path, status]).to.deep.equal([path, 403]);
      expect(body).to.not.include('pid');
    }
    expect((await leader.get('/', { headers: { Host: 'localhost:1' } })).status).to.equal(200);
  });

  it('headers that are too large are refused', async () => {
    const { status } = await leader.get('/', { headers: { 'X-Large': 'x'.repeat(20_000) } });
    expect(status).to.equal(431);
  });

  it('events come by themselves and show what changes', async () => {
    const client = leader.connect('a <b>client</b>');
    const events = stream(new URL('/events', leader.url).href);
    try {
      expect(await events.status).to.equal(200);
      await until(
        () => events.views.length >= 1,
        () => 'a first view',
      );
      expect(client.tryLock({ start: 5, end: 9 })).to.equal('granted');
      const shown = () => events.views.at(-1)!.files.rows.find(({ held }) => held === 1);
      const file = await until(shown, () => JSON.stringify(events.views.at(-1)?.files));
      expect(file.path).to.equal(leader.file);
      expect(file.locks.rows[0]).to.include({
        command: 'a <b>client</b>',
        range: '5–8',
        kind: 'record',
        type: 'write',
      });
      client.unlock();
      await until(
        () => shown() === undefined,
        () => 'the lock to disappear',
      );
    } finally {
      events.close();
      client.close();
    }
  });

  it('more pages than can be served are told so; closed ones make room', async () => {
    const url = new URL('/events', leader.url).href;
    const open = Array.from({ length: 32 }, () => stream(url));
    try {
      expect(await Promise.all(open.map(({ status }) => status))).to.deep.equal(new Array(32).fill(200));
      expect((await leader.get('/events')).status).to.equal(503);
    } finally {
      for (const { close } of open) close();
    }
    const again = async () => {
      const one = stream(url);
      const status = await one.status;
      one.close();
      return status === 200;
    };
    await until(again, () => 'room for another');
  });

  it('it asks the leader as any client does', async () => {
    const sessions = leader.connect('look').call('sessionsList', { cursor: 0, limit: 500 });
    expect(sessions.rows.map(({ name }) => name)).to.include('live page');
  });
});

describe('where the live page listens', () => {
  const wrong: [http: string[], status: number, stderr: RegExp][] = [
    [['nonsense'], 2, /^leader: --http: 'nonsense' is not of the form HOST:PORT, PORT or \/PATH\n$/],
    [
      ['0.0.0.0:0'],
      2,
      /^leader: --http: 0\.0\.0\.0 is no loopback address: .*--http-allow-remote permits that\n$/,
    ],
    [['/nowhere/page.sock'], 6, /^leader: cannot listen on \/nowhere\/page\.sock: ENOENT\n$/],
    [
      ['192.0.2.1:0', '--http-allow-remote'],
      6,
      /^leader: cannot listen on http:\/\/192\.0\.2\.1:0\/: EADDRNOTAVAIL\n$/,
    ],
    [['no.such.host.invalid:0', '--http-allow-remote'], 6, /^leader: cannot listen on .*: EADDRNOTAVAIL\n$/],
  ];
  for (const [http, status, stderr] of wrong) {
    it(`${http.join(' ')}: exit status ${status}, one line`, () => {
      const socket = join('/tmp', `sward-none-${process.pid}.sock`);
      const result = run('--socket', socket, '--http', ...http);
      expect(result.stderr).to.match(stderr);
      expect(result.status).to.equal(status);
      expect(existsSync(socket)).to.equal(false);
    });
  }

  it('a port in use: exit status 6, one line, no socket', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const socket = join('/tmp', `sward-none-${process.pid}.sock`);
    const result = run('--socket', socket, '--http', String(port));
    taken.close();
    expect(result.stderr).to.equal(`leader: cannot listen on http://127.0.0.1:${port}/: EADDRINUSE\n`);
    expect([result.status, existsSync(socket)]).to.deep.equal([6, false]);
  });

  it('the socket of the leader in use: exit status 4, the page is not left', async () => {
    const leader = new LeaderWithPage();
    await leader.start();
    const page = join(leader.directory, 'page.sock');
    const result = run('--socket', leader.socket, '--http', page);
    expect([result.status, existsSync(page)]).to.deep.equal([4, false]);
    await leader.stop();
  });

  it('a Unix socket is for its own user, replaces a stale one, and is gone at the end', async () => {
    const leader = new LeaderWithPage();
    await leader.start();
    const page = join(leader.directory, 'page.sock');
    await leader.kill('SIGTERM');
    await leader.startAt(page);
    const asked = { socketPath: page, headers: { Host: 'localhost' } };
    expect((await ask('http://localhost/healthz', asked)).body).to.equal('ok\n');
    expect((await ask('http://localhost/', { ...asked, headers: { Host: 'evil.example' } })).status).to.equal(
      403,
    );
    await leader.kill('SIGKILL');
    expect(existsSync(page)).to.equal(true);
    await leader.startAt(page);
    expect((await ask('http://localhost/healthz', asked)).body).to.equal('ok\n');
    expect(await leader.kill('SIGTERM')).to.equal(0);
    expect(readdirSync(leader.directory)).to.deep.equal(['file']);
    writeFileSync(page, 'not a socket');
    expect(run('--socket', leader.socket, '--http', page).status).to.equal(6);
    await leader.stop();
  });

  it('ends at once, whoever is connected', async () => {
    const leader = new LeaderWithPage();
    await leader.start();
    const events = stream(new URL('/events', leader.url).href);
    await events.status;
    const began = performance.now();
    expect(await leader.stop()).to.equal(0);
    // No connection is waited for; a busy machine has its own pace.
    expect(performance.now() - began).to.be.below(20_000);
    events.close();
  });
});
