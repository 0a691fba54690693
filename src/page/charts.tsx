/** Contention over time: three small charts of the last five minutes. */
import type { SampleView } from '../http/view.js';
import { Section } from './parts.js';
import { age, number } from './words.js';

const spanMilliseconds = 300_000;
const width = 300;
const height = 44;

interface Series {
  readonly title: string;
  readonly value: (sample: SampleView) => number;
  readonly say: (value: number) => string;
  readonly kind: string;
}

const perSecond = (value: number) => `${number(value)}/s`;
const all: readonly Series[] = [
  { title: 'Locks taken', value: ({ acquisitions }) => acquisitions, say: perSecond, kind: 'taken' },
  { title: 'Waits ended', value: ({ waits }) => waits, say: perSecond, kind: 'waits' },
  { title: 'Longest wait', value: ({ longest }) => longest, say: age, kind: 'longest' },
];

export const Charts = ({ samples }: { readonly samples: readonly SampleView[] }) => (
  <Section id="contention" title="Contention" note="the last five minutes">
    <div class="charts">
      {all.map((series) => (
        <Chart key={series.kind} series={series} samples={samples} />
      ))}
    </div>
  </Section>
);

function Chart({ series, samples }: { readonly series: Series; readonly samples: readonly SampleView[] }) {
  const { title, value, say, kind } = series;
  const now = samples.at(-1)?.at ?? 0;
  const points = samples.filter(({ at }) => at > now - spanMilliseconds);
  const most = Math.max(0, ...points.map(value));
  const newest = points.length === 0 ? 0 : value(points.at(-1)!);
  const line = points.map(
    (sample) =>
      `${(width - ((now - sample.at) / spanMilliseconds) * width).toFixed(1)},${(
        height - (most === 0 ? 0 : (value(sample) / most) * (height - 4)) - 1
      ).toFixed(1)}`,
  );
  const first = line[0]?.split(',')[0] ?? '0';
  return (
    <figure class={`chart ${kind}`}>
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="chart-now">{say(newest)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: now ${say(newest)}, at most ${say(most)} in the last five minutes`}
      >
        <line class="chart-base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
        {line.length > 1 && (
          <>
            <polygon class="chart-area" points={`${first},${height} ${line.join(' ')} ${width},${height}`} />
            <polyline class="chart-line" points={line.join(' ')} />
          </>
        )}
      </svg>
      <div class="chart-scale" aria-hidden="true">
        <span>5 min ago</span>
        <span>max {say(most)}</span>
      </div>
    </figure>
  );
}
