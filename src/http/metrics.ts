/**
 * The metrics for Prometheus, all declared here: design/live-page.md and dashboards/sward.json name them, and tests compare.
 * The leader counts; prom-client writes the text.
 */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Pulse } from './world.js';

export type Scraped = Pulse & { readonly processes: number };

interface Declared {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly value: (scraped: Scraped, date: number) => number;
}

const counter = (help: string, value: Declared['value']): Declared => ({ type: 'counter', help, value });
const gauge = (help: string, value: Declared['value']): Declared => ({ type: 'gauge', help, value });

const declared: Readonly<Record<string, Declared>> = {
  sward_lock_acquisitions_total: counter(
    'Locks granted, at once or after a wait.',
    ({ totals }) => totals.acquisitions,
  ),
  sward_lock_refusals_total: counter(
    'Requests that did not want to wait and were refused.',
    ({ totals }) => totals.refusals,
  ),
  sward_lock_waits_total: counter('Waits for a lock that have ended.', ({ totals }) => totals.waits),
  sward_lock_waits_abandoned_total: counter(
    'Waits that ended without the lock: interrupted, or their process ended.',
    ({ totals }) => totals.abandoned,
  ),
  sward_deadlocks_detected_total: counter(
    'Deadlocks that Linux would not have detected.',
    ({ totals }) => totals.deadlocks,
  ),
  sward_calls_total: counter('Requests of all clients.', ({ status }) => status.calls),
  sward_locks_held: gauge('Locks held now.', ({ held }) => held),
  sward_waiting: gauge('Requests that wait for a lock now.', ({ status }) => status.waiting),
  sward_longest_wait_seconds: gauge(
    'How long the oldest of the waits that have not ended has lasted.',
    ({ longestWait }) => longestWait / 1000,
  ),
  sward_deadlocks: gauge(
    'Deadlocks that exist now and that Linux would not detect.',
    ({ status }) => status.deadlocks.length,
  ),
  sward_members: gauge(
    'Members with programs below them.',
    ({ members }) => members.filter(({ wraps }) => wraps).length,
  ),
  sward_processes: gauge(
    'Processes of members, the members themselves included.',
    ({ processes }) => processes,
  ),
  sward_clients: gauge(
    'Connections: members, tools, and the one of these metrics.',
    ({ status }) => status.sessions,
  ),
  sward_files: gauge('Files that clients have open at the leader.', ({ status }) => status.files),
  sward_owners: gauge(
    'Processes and open file descriptions that clients have registered.',
    ({ status }) => status.owners,
  ),
  process_resident_memory_bytes: gauge('Memory of the leader.', () => process.memoryUsage.rss()),
  process_cpu_seconds_total: counter('Processor time of the leader, user and system.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }),
  process_start_time_seconds: gauge('When the leader started, since 1970.', ({ status }, date) =>
    Math.round((date - status.uptime) / 1000),
  ),
};

const histogram = {
  name: 'sward_lock_wait_seconds',
  help: 'How long the waits for a lock lasted that have ended.',
};

export const metricNames: readonly string[] = [...Object.keys(declared), histogram.name];

/** The text of all metrics (Prometheus' text format). */
export async function metricsText(scraped: Scraped, date: number): Promise<string> {
  const registry = new Registry();
  for (const [name, { type, help, value }] of Object.entries(declared)) {
    const options = { name, help, registers: [registry] };
    if (type === 'counter') new Counter(options).inc(value(scraped, date));
    else new Gauge(options).set(value(scraped, date));
  }
  registerHistogram(registry, scraped);
  return registry.metrics();
}

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** prom-client's own histogram counts for itself; the leader has counted already. */
function registerHistogram(registry: Registry, { totals }: Scraped): void {
  let sum = 0;
  const buckets = totals.histogram.map((count, n) => {
    sum += count;
    const last = n === totals.histogram.length - 1;
    const le = last ? '+Inf' : Number((2 ** n * 16e-6).toPrecision(6));
    return { labels: { le }, value: sum, metricName: `${histogram.name}_bucket` };
  });
  if (buckets.length === 0)
    buckets.push({ labels: { le: '+Inf' }, value: 0, metricName: `${histogram.name}_bucket` });
  const metric = {
    ...histogram,
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({
      ...histogram,
      type: 'histogram',
      aggregator: 'sum',
      values: [
        ...buckets,
        { labels: {}, value: totals.waited / 1000, metricName: `${histogram.name}_sum` },
        { labels: {}, value: sum, metricName: `${histogram.name}_count` },
      ],
    }),
  };
  registry.registerMetric(metric as unknown as Gauge);
}
