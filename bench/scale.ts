/**
 * 10,000 processes in members hold 100,000 locks: what others who lock notice of being looked at, how long the commands
 * take, and whether the live page can be used, in Debian's chromium.
 */
import { join } from 'node:path';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { whereIs } from './host.js';
import {
  connected,
  directory,
  type LeaderWithPage,
  leaderProgram,
  memberProgram,
  native,
  run,
  startLeaderWithPage,
} from './programs.js';
import { median, microseconds, milliseconds, type Row, ratioRow, type Subject } from './run.js';
import { costRow, startHolders } from './watching.js';

const processes = 10_000;
const locksOfEach = 10;
const pairsCount = '20000';
const latencyRounds = 5;
const updates = 10;
const updateMillisecondsMax = 60_000;
const commands = [['status'], ['top'], ['ps'], ['locks']] as const;

/** Nanoseconds of a pair. */
interface Latencies {
  readonly median: number;
  readonly most: number;
}

async function latencies(socket: string): Promise<Latencies> {
  const command = [...connected(socket), native('latencies'), join(directory, 'latencies'), pairsCount];
  const [half = 0, most = 0] = (await run(memberProgram, command)).split(' ').map(Number);
  process.stderr.write('.');
  return { median: half, most };
}

/** One command after the other, until `measured` is over. */
async function whileAsked<T>(socket: string, measured: Promise<T>): Promise<T> {
  let over = false;
  const end = () => {
    over = true;
  };
  measured.then(end, end);
  while (!over) for (const command of commands) await run(leaderProgram, [...command, '--socket', socket]);
  return measured;
}

const medianOf = (taken: readonly Latencies[]): Latencies => ({
  median: median(taken.map((each) => each.median)),
  most: median(taken.map(({ most }) => most)),
});

async function latencyRows(leader: LeaderWithPage, browser: Browser): Promise<Row[]> {
  const { socket } = leader;
  const taken = { alone: [] as Latencies[], asked: [] as Latencies[], open: [] as Latencies[] };
  for (let round = 0; round < latencyRounds; round++) {
    taken.alone.push(await latencies(socket));
    taken.asked.push(await whileAsked(socket, latencies(socket)));
    const page = await browser.newPage();
    await page.goto(leader.url);
    taken.open.push(await latencies(socket));
    await page.close();
  }
  process.stderr.write('\n');
  const alone = medianOf(taken.alone);
  const rowsOf = (what: string, { median: half, most }: Latencies): Row[] => [
    ratioRow(
      `F_SETLK + F_UNLCK, median, ${what}`,
      `nobody looks ${microseconds(alone.median)}`,
      microseconds(half),
      half / alone.median,
    ),
    ratioRow(
      `99 % of them, ${what}`,
      `nobody looks ${microseconds(alone.most)}`,
      microseconds(most),
      most / alone.most,
    ),
  ];
  return [
    ...rowsOf('commands ask without a pause', medianOf(taken.asked)),
    ...rowsOf('page open in a browser', medianOf(taken.open)),
  ];
}

/** Nanoseconds that a program takes, its output to nowhere. */
async function spend(...command: string[]): Promise<number> {
  const lines = (await run(native('spend'), ['5', ...command])).trimEnd().split('\n');
  return median(lines.map((line) => Number.parseFloat(line)));
}

async function commandRows(full: LeaderWithPage, empty: LeaderWithPage): Promise<Row[]> {
  const rows: Row[] = [];
  for (const command of commands) {
    const [few, many] = [
      await spend(leaderProgram, ...command, '--socket', empty.socket),
      await spend(leaderProgram, ...command, '--socket', full.socket),
    ];
    const what = `leader ${command.join(' ')}`;
    rows.push(ratioRow(what, `without members ${milliseconds(few)}`, milliseconds(many), many / few));
  }
  return rows;
}

interface Drawn {
  /** Nanoseconds until there is something to see. */
  readonly first: number;
  /** Nanoseconds between updates, and of the page's main thread for one. */
  readonly between: number;
  readonly busy: number;
  readonly elements: number;
}

const taskSeconds = async (session: CDPSession): Promise<number> => {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')!.value;
};

/** The leader's calls are told with every update. */
const nextUpdate = (page: Page, before: string): Promise<void> =>
  page.locator('.top-leader', { hasNotText: before }).waitFor({ timeout: updateMillisecondsMax });

async function draw(browser: Browser, { url }: LeaderWithPage): Promise<Drawn> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const opened = performance.now();
  await page.goto(url);
  await page.locator('#members').waitFor({ timeout: updateMillisecondsMax });
  const first = (performance.now() - opened) * 1e6;
  const text = async () => (await page.locator('.top-leader').textContent()) ?? '';
  const [busyBefore, began] = [await taskSeconds(session), performance.now()];
  for (let n = 0; n < updates; n++) await nextUpdate(page, await text());
  const drawn = {
    first,
    between: ((performance.now() - began) * 1e6) / updates,
    busy: (((await taskSeconds(session)) - busyBefore) * 1e9) / updates,
    elements: Number(await page.evaluate("document.querySelectorAll('*').length")),
  };
  await page.close();
  return drawn;
}

async function pageRows(full: LeaderWithPage, empty: LeaderWithPage, browser: Browser): Promise<Row[]> {
  await draw(browser, empty);
  const [few, many] = [await draw(browser, empty), await draw(browser, full)];
  const row = (what: string, value: (drawn: Drawn) => number, say: (value: number) => string) =>
    ratioRow(what, `without members ${say(value(few))}`, say(value(many)), value(many) / value(few));
  return [
    row('page in chromium: until it is drawn', ({ first }) => first, milliseconds),
    row('from one update to the next', ({ between }) => between, milliseconds),
    row('main thread of the page, for each update', ({ busy }) => busy, milliseconds),
    row('elements', ({ elements }) => elements, String),
  ];
}

export const scale: Subject = {
  name: 'scale',
  needs: ['chromium'],
  async run() {
    const [full, empty] = [await startLeaderWithPage(), await startLeaderWithPage()];
    const holders = await startHolders(full.socket, processes, locksOfEach);
    const browser = await chromium.launch({
      executablePath: whereIs('chromium')!,
      // Chromium has no sandbox of its own as root, and /dev/shm is small in containers.
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
    try {
      return [
        ...(await pageRows(full, empty, browser)),
        ...(await commandRows(full, empty)),
        ...(await latencyRows(full, browser)),
        await costRow(full, '10,000 processes hold 100,000 locks'),
      ];
    } finally {
      await browser.close();
      for (const server of [...holders, full, empty]) await server.stop();
    }
  },
};
