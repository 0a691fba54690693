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

  it('are in design/live-page.md with their types, and no others; README.md names none that is not', async () => {
    const page = readFileSync(join(repoRoot, 'design/live-page.md'), 'utf8');
    const told = [...page.matchAll(/^\| ((?:`[a-z_]+`(?:, )?)+) \| (counter|gauge|histogram) \| .+ \|$/gm)];
    const documented = told.flatMap(([, names = '', type]) =>
      [...names.matchAll(/`([a-z_]+)`/g)].map(([, name]) => `${name} ${type}`),
    );
    const found = [...(await metrics())].map(([name, { type }]) => `${name} ${type}`);
    expect(documented.sort()).to.deep.equal(found.sort());
    const inReadme = readFileSync(join(repoRoot, 'README.md'), 'utf8').match(
      /\b(?:sward|process)_[a-z_]+\b/g,
    );
    for (const name of inReadme ?? []) expect(metricNames, name).to.include(name);
  });
});

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly datasource: unknown;
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource: unknown;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  readonly targets: readonly Target[];
}

/** What Grafana's own JSON model and this project's metrics ask of it. */
describe('the dashboard', () => {
  const dashboard = JSON.parse(readFileSync(join(repoRoot, 'dashboards/sward.json'), 'utf8')) as {
    readonly uid: string;
    readonly schemaVersion: number;
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { readonly name: string }[] };
  };
  const { panels } = dashboard;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana's
  const chosen = { type: 'prometheus', uid: '${datasource}' };

  it('asks a data source that can be chosen, of leaders that can be chosen', () => {
    expect(dashboard).to.include({ uid: 'sward', schemaVersion: 39 });
    expect(dashboard.templating.list.map(({ name }) => name)).to.deep.equal([
      'datasource',
      'job',
      'instance',
    ]);
    for (const { title, datasource, targets } of panels) {
      expect(datasource, title).to.deep.equal(chosen);
      expect(new Set(targets.map(({ refId }) => refId)).size, title)
        .to.equal(targets.length)
        .and.above(0);
      for (const target of targets) {
        expect(target.datasource, title).to.deep.equal(chosen);
        const selectors = target.expr.match(/\b(?:sward|process)_[a-z_]+(\{[^}]*\})?/g) ?? [];
        for (const selector of selectors)
          expect(selector).to.match(/\{job=~"\$job",instance=~"\$instance"\}$/);
      }
    }
  });

  it('has panels that do not overlap, with numbers of their own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.get(`${x} ${y}`), title).to.equal(undefined);
          taken.set(`${x} ${y}`, title);
        }
      }
    }
  });

  it('asks for every metric and for no other, counters as rates, in the units that they have', () => {
    const series = new Set(
      metricNames.flatMap((name) =>
        name === 'sward_lock_wait_seconds' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
      ),
    );
    const asked = new Set<string>();
    for (const { title, type, fieldConfig, targets } of panels) {
      for (const { expr } of targets) {
        const names = expr.match(/\b(?:sward|process)_[a-z_]+\b/g) ?? [];
        expect(names, expr).to.not.have.length(0);
        for (const name of names) {
          expect(series.has(name), `${title}: ${name}`).to.equal(true);
          asked.add(name.replace(/_(bucket|sum|count)$/, ''));
        }
        // A counter is only of use as a rate or an increase.
        if (/_total\b/.test(expr)) expect(expr).to.match(/\b(rate|increase)\(/);
        const { unit } = fieldConfig.defaults;
        if (/_bytes\b/.test(expr)) expect(unit, title).to.equal('bytes');
        else if (/process_cpu/.test(expr)) expect(unit, title).to.equal('percentunit');
        else if (/_seconds/.test(expr) || type === 'heatmap') expect(unit, title).to.equal('s');
        else if (/\brate\(/.test(expr)) expect(unit, title).to.match(/^(ops|reqps)$/);
        else expect(unit, title).to.equal('short');
      }
    }
    expect(metricNames.filter((name) => !asked.has(name))).to.deep.equal([]);
  });
});
