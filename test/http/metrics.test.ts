/** The metrics: what Prometheus reads, what they count, and that documents and dashboard name them as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { metricNames } from '../../src/http/metrics.js';
import { until } from '../programs/support.js';
import { repoRoot } from '../semantics/harness.js';
import { LeaderWithPage } from './pages.js';

interface Metric {
  help: string;
  type: string;
  readonly samples: Map<string, number>;
}

/** Prometheus' text format, strictly: HELP, TYPE, then the samples of that metric. */
function parse(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  let current = '';
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    if (comment !== null) {
      const [, what, name = '', value = ''] = comment;
      const metric = metrics.get(name) ?? { help: '', type: '', samples: new Map() };
      metric[what === 'HELP' ? 'help' : 'type'] = value;
      metrics.set(name, metric);
      current = name;
      continue;
    }
    if (line === '') continue;
    const sample = /^([a-z_]+)(\{[^}]*\})? (\S+)$/.exec(line);
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name = '', labels = '', value] = sample;
    const metric = metrics.get(current)!;
    const suffix = name.slice(current.length);
    const known = metric.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!name.startsWith(current) || !known.includes(suffix)) throw new Error(`${name} after ${current}`);
    metric.samples.set(`${suffix}${labels}`, Number(value));
  }
  return metrics;
}

describe('metrics', () => {
  const leader = new LeaderWithPage();
  const metrics = async () => parse((await leader.get('/metrics')).body);
  const current = async (name: string) => (await metrics()).get(name)!.samples.get('');

  before(() => leader.start());
  after(() => leader.stop());

  it('are those that are declared, each with help, type and finite values', async () => {
    const found = await metrics();
    expect([...found.keys()].sort()).to.deep.equal([...metricNames].sort());
    for (const [name, { help, type, samples }] of found) {
      expect(help, name).to.match(/\.$/);
      expect(type, name).to.equal(
        name.endsWith('_total') ? 'counter' : name === 'sward_lock_wait_seconds' ? 'histogram' : 'gauge',
      );
      expect(samples.size, name).to.be.above(0);
      for (const value of samples.values()) expect(value, name).to.be.at.least(0).and.below(Infinity);
    }
  });

  it('count locks, refusals, waits and how long they lasted', async () => {
    const holder = leader.connect('holder');
    const waiter = leader.connect('waiter');
    expect(holder.tryLock()).to.equal('granted');
    expect(waiter.tryLock()).to.equal('EAGAIN');
    const wait = waiter.beginWait();
    await until(
      async () => (await current('sward_longest_wait_seconds'))! >= 0.05,
      () => 'a long wait',
    );
    expect(await current('sward_waiting')).to.equal(1);
    expect(await current('sward_locks_held')).to.equal(1);
    holder.unlock();
    expect(waiter.endOf(wait)).to.equal('granted');
    const found = await metrics();
    const value = (name: string) => found.get(name)!.samples.get('');
    expect(value('sward_lock_acquisitions_total')).to.equal(2);
    expect(value('sward_lock_refusals_total')).to.equal(1);
    expect(value('sward_lock_waits_total')).to.equal(1);
    expect(value('sward_lock_waits_abandoned_total')).to.equal(0);
    expect(value('sward_waiting')).to.equal(0);
    expect(value('sward_longest_wait_seconds')).to.equal(0);
    const { samples } = found.get('sward_lock_wait_seconds')!;
    expect(samples.get('_count')).to.equal(1);
    expect(samples.get('_sum')).to.be.within(0.04, 20);
    const buckets = [...samples].filter(([name]) => name.startsWith('_bucket'));
    expect(buckets.at(-1)).to.deep.equal(['_bucket{le="+Inf"}', 1]);
    let before = 0;
    let bound = 0;
    for (const [name, count] of buckets) {
      const le = Number(/"(.*)"/.exec(name)![1]!.replace('+Inf', 'Infinity'));
      expect(le).to.be.above(bound);
      expect(count).to.be.at.least(before);
      // What lasted 50 ms is in none of the buckets below.
      if (le < 0.04) expect(count).to.equal(0);
      before = count;
      bound = le;
    }
    holder.close();
    waiter.close();
  });

  it('are all in design/live-page.md and README.md names none that is not', () => {
    const documented = (file: string) =>
      new Set(readFileSync(join(repoRoot, file), 'utf8').match(/\b(?:sward|process)_[a-z_]+\b/g));
    const known = new Set(metricNames);
    expect(
      [...documented('design/live-page.md')].filter((name) => name.startsWith('sward_')),
    ).to.include.members(metricNames.filter((name) => name.startsWith('sward_')));
    for (const name of documented('README.md')) expect(known.has(name), name).to.equal(true);
  });

  it('are what the dashboard asks for', () => {
    const dashboard = JSON.parse(readFileSync(join(repoRoot, 'dashboards/sward.json'), 'utf8')) as {
      uid: string;
      panels: {
        id: number;
        title: string;
        type: string;
        gridPos: { x: number; y: number; w: number; h: number };
        targets?: { expr: string; refId: string }[];
      }[];
    };
    expect(dashboard.uid).to.equal('sward');
    const series = new Set(
      metricNames.flatMap((name) =>
        name === 'sward_lock_wait_seconds' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
      ),
    );
    const asked = new Set<string>();
    const ids = new Set<number>();
    for (const { id, title, gridPos, targets = [] } of dashboard.panels) {
      expect(ids.has(id), title).to.equal(false);
      ids.add(id);
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24);
      for (const { expr } of targets) {
        const names = expr.match(/\b(?:sward|process)_[a-z_]+\b/g) ?? [];
        expect(names, expr).to.not.have.length(0);
        for (const name of names) {
          expect(series.has(name), `${title}: ${name}`).to.equal(true);
          asked.add(name.replace(/_(bucket|sum|count)$/, ''));
        }
        // A counter is only of use as a rate or an increase.
        if (/_total\b/.test(expr)) expect(expr).to.match(/\b(rate|increase)\(/);
      }
    }
    const unused = metricNames.filter((name) => !asked.has(name));
    expect(unused).to.deep.equal([]);
  });
});
