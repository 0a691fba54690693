/** Who waits for whom: as a drawing and as a table; deadlocks above both. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { GraphView, Part, Party, View, WaitView } from '../http/view.js';
import { boxHeight, layOut } from './layout.js';
import { Badge, Command, Pager, Section, withoutDirectory } from './parts.js';
import type { Choose } from './state.js';
import { age, many, number } from './words.js';

const waitsStep = 20;
const characterWidth = 6.3;

export function Waits({ view, choose }: { readonly view: View; readonly choose: Choose }) {
  const { graph, waits, deadlocks, totals } = view;
  const notes: string[] = [];
  if (waits.total < totals.waiting)
    notes.push(`the first ${number(waits.total)} of ${many(totals.waiting, 'wait')}`);
  if (graph.more > 0) notes.push(`${many(graph.more, 'process', 'processes')} not drawn`);
  return (
    <Section id="waits" title="Who waits for whom" note={notes.join('; ')}>
      {deadlocks.map((cycle) => (
        <Deadlock key={cycle.map(({ pid }) => pid).join()} cycle={cycle} />
      ))}
      {waits.total === 0 ? (
        <p class="empty">Nobody waits.</p>
      ) : (
        <>
          <Graph graph={graph} />
          <WaitTable waits={waits} />
          <Pager part={waits} what="waits" step={waitsStep} go={(from) => choose({ waits: from })} />
        </>
      )}
    </Section>
  );
}

const Deadlock = ({ cycle }: { readonly cycle: readonly Party[] }) => (
  <p class="deadlock">
    <Badge kind="deadlocked">Deadlock</Badge>{' '}
    {[...cycle, cycle[0]!].map(({ pid, command }, n) => (
      <span key={`${n}`}>
        {n > 0 && <span class="muted"> waits for </span>}
        <span class="pid">{pid}</span> {n < cycle.length && <Command text={command} />}
      </span>
    ))}
  </p>
);

function Graph({ graph }: { readonly graph: GraphView }) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current!;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  const stuck = graph.nodes.filter(({ deadlocked }) => deadlocked).length;
  const label =
    `${many(graph.nodes.length, 'process', 'processes')}, an arrow from each that waits to whom it waits for; ` +
    `${stuck === 0 ? 'no deadlock' : `${stuck} in a deadlock`}; listed in the table that follows`;
  return (
    <div class="graph" ref={place}>
      {width > 0 && <Drawing graph={graph} width={width} label={label} />}
    </div>
  );
}

function Drawing({
  graph,
  width,
  label,
}: {
  readonly graph: GraphView;
  readonly width: number;
  readonly label: string;
}) {
  const { boxes, paths, boxWidth, height } = layOut(graph, width);
  const room = Math.floor((boxWidth - 16) / characterWidth);
  const short = (text: string) => (text.length <= room ? text : `${text.slice(0, room - 1)}…`);
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      <defs>
        {['plain', 'deadlocked'].map((kind) => (
          <marker
            key={kind}
            id={`arrow-${kind}`}
            class={`arrow ${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0L8 4L0 8z" />
          </marker>
        ))}
      </defs>
      {graph.edges.map(({ from, to, deadlocked, queued }, n) => (
        <path
          key={`${from}-${to}`}
          class={`edge ${deadlocked ? 'deadlocked' : ''} ${queued ? 'queued' : ''}`}
          d={paths[n]}
          marker-end={`url(#arrow-${deadlocked ? 'deadlocked' : 'plain'})`}
        />
      ))}
      {graph.nodes.map(({ pid, command, waiting, deadlocked }, n) => (
        <g
          key={pid}
          class={`node ${deadlocked ? 'deadlocked' : waiting ? 'waiting' : 'holding'}`}
          transform={`translate(${boxes[n]!.x} ${boxes[n]!.y})`}
        >
          <title>{`${pid} ${command}`}</title>
          <rect class="node-box" width={boxWidth} height={boxHeight} rx="3" />
          <text x="8" y="14" class="node-pid">
            {pid}
          </text>
          <text x={boxWidth - 8} y="14" class="node-state" text-anchor="end">
            {deadlocked ? 'deadlock' : waiting ? 'waits' : 'holds'}
          </text>
          <text x="8" y="27" class="node-command">
            {short(withoutDirectory(command))}
          </text>
        </g>
      ))}
    </svg>
  );
}

const WaitTable = ({ waits }: { readonly waits: Part<WaitView> }) => (
  <table class="waits">
    <caption class="unseen">Waits, deadlocks first, then the longest</caption>
    <thead>
      <tr>
        <th scope="col" class="num">
          Since
        </th>
        <th scope="col">Waits</th>
        <th scope="col">For</th>
        <th scope="col">Lock</th>
      </tr>
    </thead>
    <tbody>
      {waits.rows.map((wait, n) => (
        <tr key={`${wait.waiter.pid}-${wait.holder.pid}-${n}`} class={wait.deadlocked ? 'deadlocked' : ''}>
          <td class="num">{age(wait.age)}</td>
          <td>
            <span class="pid">{wait.waiter.pid}</span> <Command text={wait.waiter.command} />
          </td>
          <td>
            <span class="pid">{wait.holder.pid}</span> <Command text={wait.holder.command} />
            {wait.queued && <span class="muted"> came first</span>}
          </td>
          <td>
            {wait.deadlocked && <Badge kind="deadlocked">deadlock</Badge>}{' '}
            <span class="nowrap">
              {wait.kind} {wait.type}
            </span>{' '}
            <span class="path" title={wait.path}>
              <bdi>{wait.path}</bdi>
            </span>{' '}
            {wait.range !== 'all' && <span class="range">{wait.range}</span>}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
