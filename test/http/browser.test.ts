/** The live page in a real browser: what happens is seen without reloading, on any width, by eye, keyboard and ear. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { until } from '../programs/support.js';
import { notInstalled } from '../run/machine.js';
import { unless } from '../run/skips.js';
import { deadlockCommand, launch, onStage, type Stage, testMillisecondsMax, untilCount } from './browser.js';

unless(notInstalled('chromium')).describe('the live page in a browser', function () {
  this.timeout(testMillisecondsMax);
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  const stage = (name: string, play: (stage: Stage) => Promise<void>, options: BrowserContextOptions = {}) =>
    it(name, () => onStage(browser, options, play));

  /** One holds, one waits; both stay until they are told otherwise. */
  async function fight({ scene, page }: Stage, name = 'file'): Promise<string> {
    const file = scene.path(name);
    writeFileSync(file, '');
    scene.member(['flock', file, 'sleep', '1000']);
    await page.getByText('1 held').first().waitFor();
    scene.member(['flock', file, 'echo', 'second']);
    await page.locator('.file').getByText('1 waiting').waitFor();
    await page.locator('.waits tbody tr').waitFor();
    await untilCount(page.locator('.node'), 2);
    return file;
  }

  stage('a contended workload appears; a waiter disappears when it is interrupted', async (it) => {
    const { page, scene } = it;
    expect(await page.getByText('Nobody waits.').isVisible()).to.equal(true);
    await page.evaluate('window.sameDocument = true');
    const file = await fight(it);

    const article = page.getByRole('article', { name: file });
    expect(await article.locator('.bar').count()).to.equal(2);
    expect(await article.locator('.bar.waiting').count()).to.equal(1);
    const row = page.locator('.waits tbody tr');
    expect(await row.innerText()).to.match(/echo second[\s\S]*sleep 1000[\s\S]*flock write/);
    expect(await page.locator('.node.holding').count()).to.equal(1);
    // Which processes there are is asked for at a pace of its own.
    await page.locator('.members').getByText('flock').first().waitFor();

    const waiter = Number(await page.locator('.node.waiting .node-pid').textContent());
    expect(scene.processes().map(({ pid }) => pid)).to.include(waiter);
    process.kill(waiter, 'SIGINT');
    await page.getByText('Nobody waits.').waitFor();
    await untilCount(article.locator('.bar.waiting'), 0);
    expect(await article.locator('.bar').count()).to.equal(1);
    expect(await page.evaluate('window.sameDocument')).to.equal(true);
  });

  stage('a deadlock that Linux does not see turns red and is announced', async ({ page, scene }) => {
    const [first, second] = [scene.path('first'), scene.path('second')];
    const totals = page.locator('.totals');
    expect(await totals.locator('.deadlocked').count()).to.equal(0);
    scene.member(deadlockCommand(first, second));
    await page.locator('.deadlock').waitFor();
    expect(await page.locator('.deadlock').innerText()).to.match(
      /^Deadlock \d+ .* waits for \d+ .* waits for \d+/,
    );
    await untilCount(page.locator('.node.deadlocked'), 2);
    await untilCount(page.locator('.edge.deadlocked'), 2);
    expect(await totals.locator('.deadlocked').innerText()).to.match(/1/);
    for (const path of [first, second]) {
      await untilCount(page.getByRole('article', { name: path }).locator('.bar.deadlocked'), 1);
    }
    const stroke = "getComputedStyle(document.querySelector('.node.deadlocked .node-box')).stroke";
    const [red = 0, green = 0, blue = 0] = String(await page.evaluate(stroke))
      .match(/\d+/g)!
      .map(Number);
    expect(red)
      .to.be.above(2 * green)
      .and.above(2 * blue);
    const says = page.locator('#says');
    expect(await says.getAttribute('aria-live')).to.equal('polite');
    await until(
      async () => /2 requests waiting, 1 deadlock/.test((await says.textContent())!),
      () => 'the announcement',
    );
  });

  stage('names are text, never markup', async (it) => {
    const { page } = it;
    const name = '<img src=x onerror=alert(1)>&amp;"\'\u202e\u001b[31m';
    await fight(it, name);
    const title = await page.locator('.file h3').innerText();
    expect(title).to.include('<img src=x onerror=alert(1)>&amp;"\'\ufffd\ufffd[31m');
    expect(await page.locator('img, .file script').count()).to.equal(0);
  });

  for (const width of [320, 360]) {
    stage(
      `${width} pixels wide: nothing to scroll sideways, nothing cut off`,
      async (it) => {
        const { page, scene } = it;
        await fight(it, `${'a-long-name-without-any-space'.repeat(6)}.lock`);
        scene.member(deadlockCommand(scene.path('first'), scene.path('second')));
        await page.locator('.deadlock').waitFor();
        const wide = `[...document.querySelectorAll('body *')].filter((element) => {
          const { right, width } = element.getBoundingClientRect();
          return width > 1 && right > innerWidth + 0.5 && !element.closest('svg');
        }).map((element) => element.outerHTML.slice(0, 200))`;
        expect(await page.evaluate(wide)).to.deep.equal([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(width);
      },
      { viewport: { width, height: 740 } },
    );
  }

  stage('the keyboard reaches everything, and it is seen where it is', async (it) => {
    const { page, scene } = it;
    await fight(it);
    const locker = scene.member([
      'python3',
      '-c',
      `
import fcntl, sys, time
file = open(${JSON.stringify(scene.path('many'))}, 'w')
for n in range(200): fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * n)
print('locked', flush=True)
time.sleep(1000)`,
    ]);
    await locker.said(/locked/);
    const more = page.getByRole('button', { name: 'Show all 200 locks' });
    await more.waitFor();
    const reachable = 'a[href], button:enabled, input';
    const names = await page.locator(reachable).allInnerTexts();
    const reached: string[] = [];
    for (let n = 0; n < names.length; n++) {
      await page.keyboard.press('Tab');
      const focus = `(() => {
        const element = document.activeElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        return [element.matches(${JSON.stringify(reachable)}) ? element.innerText : 'nowhere', outlineStyle, outlineWidth];
      })()`;
      const [name, style, width] = (await page.evaluate(focus)) as string[];
      expect([style, width], name).to.deep.equal(['solid', '2px']);
      reached.push(name!);
    }
    expect(reached).to.deep.equal(names);
    await more.focus();
    await page.keyboard.press('Enter');
    const file = page.getByRole('article', { name: scene.path('many') });
    await file.getByRole('button', { name: 'Next' }).waitFor();
    await untilCount(file.locator('tbody tr'), 50);
    await file.getByRole('button', { name: 'Next' }).focus();
    await page.keyboard.press('Enter');
    await file.getByText('51–100 of 200').waitFor();
    await page.getByRole('searchbox').fill('man');
    await untilCount(page.locator('.file'), 1);
  });

  stage('pausing keeps what is seen', async (it) => {
    const { page } = it;
    await fight(it);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused').waitFor();
    process.kill(Number(await page.locator('.node.waiting .node-pid').textContent()), 'SIGINT');
    await page.waitForTimeout(1_500);
    expect(await page.locator('.node.waiting').count()).to.equal(1);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Nobody waits.').waitFor();
  });

  const readable = async (page: Page): Promise<void> => {
    // WCAG 2.2, 1.4.3: text has a contrast of at least 4.5 to what is behind it.
    const faint = `(() => {
      const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
      const light = (color) => {
        const [r, g, b] = color.slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const color = parse(getComputedStyle(at).backgroundColor);
          if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
      };
      const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
      const found = [];
      for (const element of document.querySelectorAll('body *')) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || element.matches('title, :disabled') || element.closest('.unseen, .skip')) continue;
        const svg = element.closest('svg');
        const back = svg ? svg.matches('.bar') ? svg.querySelector('rect') : element.closest('g')?.querySelector('rect') : undefined;
        const ground = back ? parse(getComputedStyle(back).fill) : behind(element);
        const style = getComputedStyle(element);
        const ratio = contrast(parse(svg ? style.fill : style.color), ground);
        if (ratio < 4.5) found.push(element.outerHTML.slice(0, 120) + ' ' + ratio.toFixed(2));
      }
      return found;
    })()`;
    expect(await page.evaluate(faint)).to.deep.equal([]);
  };

  for (const colorScheme of ['light', 'dark'] as const) {
    stage(
      `${colorScheme}: every text can be read`,
      async (it) => {
        const { page, scene } = it;
        await fight(it);
        scene.member(deadlockCommand(scene.path('first'), scene.path('second')));
        await page.locator('.deadlock').waitFor();
        const ground = String(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
        expect(Number(/\d+/.exec(ground)![0]) < 128).to.equal(colorScheme === 'dark');
        await readable(page);
      },
      { colorScheme },
    );
  }

  stage(
    'a screen reader finds its way; nothing moves for who does not want it',
    async (it) => {
      const { page } = it;
      await fight(it);
      expect(await page.getByRole('banner').count()).to.equal(1);
      expect(await page.getByRole('main').count()).to.equal(1);
      expect(await page.getByRole('navigation', { name: 'Parts of the page' }).count()).to.equal(1);
      expect(await page.locator('html').getAttribute('lang')).to.equal('en');
      const headings =
        "[...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName[1]))";
      const levels = (await page.evaluate(headings)) as number[];
      expect(levels[0]).to.equal(1);
      for (const [n, level] of levels.entries()) {
        if (n > 0) expect(level).to.be.within(2, levels[n - 1]! + 1);
      }
      for (const name of ['Contention', 'Files', 'Who waits for whom', 'Members', 'Mounts']) {
        expect(await page.getByRole('region', { name, exact: true }).count(), name).to.equal(1);
      }
      const tables = page.getByRole('table');
      expect(await tables.count()).to.be.at.least(3);
      for (const table of await tables.all()) {
        expect(await table.locator('caption').textContent()).to.not.equal('');
        expect(await table.locator('thead th:not([scope])').count()).to.equal(0);
        expect(await table.getByRole('columnheader').count()).to.be.above(2);
      }
      for (const picture of await page.locator('svg[role=img]').all()) {
        expect(await picture.getAttribute('aria-label')).to.match(/\w/);
      }
      const moving = `[...document.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return transitionDuration !== '0s' || animationName !== 'none';
      }).length`;
      expect(await page.evaluate(moving)).to.equal(0);
    },
    { reducedMotion: 'reduce' },
  );
});
