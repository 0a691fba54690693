/** Debian's chromium, driven by playwright-core; a scene whose leader has a live page. */
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { kill, python, Scene, until } from '../programs/support.js';
import { whereIs } from '../run/machine.js';

/** More than anything takes on a busy machine. */
const eventMillisecondsMax = 40_000;
export const testMillisecondsMax = 6 * eventMillisecondsMax;

/** Waits until the page has so many of these. What it shows was asked for one after the other, and drawings come last. */
export const untilCount = (locator: Locator, count: number): Promise<unknown> =>
  until(
    async () => (await locator.count()) === count,
    () => `${count} of ${locator}`,
  );

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: whereIs('chromium')!,
    // Chromium has no sandbox of its own as root, and /dev/shm is small in containers.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: testMillisecondsMax,
  });

/** Two processes that take two flock locks in opposite orders: Linux does not see that they wait for ever. */
export const deadlockCommand = (first: string, second: string): string[] => [
  python,
  '-S',
  '-c',
  `
import fcntl, os, socket, sys
ends = socket.socketpair()
parent = os.fork()
names = sys.argv[1:] if parent else sys.argv[:0:-1]
files = [open(name, 'w') for name in names]
fcntl.flock(files[0], fcntl.LOCK_EX)
ends[parent > 0].send(b'.')
ends[parent > 0].recv(1)
fcntl.flock(files[1], fcntl.LOCK_EX)
`,
  first,
  second,
];

export interface Stage {
  readonly scene: Scene;
  readonly page: Page;
  readonly url: string;
  /** What the browser complained about. */
  readonly complaints: string[];
}

/** Opens the live page of a new leader; nothing of it may be left at the end, and the browser must not complain. */
export async function onStage(
  browser: Browser,
  options: BrowserContextOptions,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const scene = new Scene();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(eventMillisecondsMax);
  try {
    const leader = await scene.startLeader('--http', '127.0.0.1:0');
    const url = (await leader.said(/^live page on (\S+)$/m, 'stderr'))[1]!;
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
    await page.getByText('Live', { exact: true }).waitFor();
    await play({ scene, page, url, complaints });
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    await context.close();
    for (const { pid } of scene.processes()) if (pid !== leader.pid) kill(pid, 'SIGKILL');
    await scene.end();
  } finally {
    await context.close();
    await scene.clear();
  }
}
