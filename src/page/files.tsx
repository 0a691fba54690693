/** Files, the picture of their locks, and the locks as a table. */
import type { BarView, FileView, LockView, Part, PictureView } from '../http/view.js';
import { Badge, Command, Pager, Section, withoutDirectory } from './parts.js';
import type { Choose } from './state.js';
import { age, many, number } from './words.js';

const filesStep = 8;
const locksStep = 50;
const laneHeight = 17;
const barHeight = 14;
/** A bar that is narrower has no room for a number. */
const labelWidthMin = 0.09;

export function Files({
  files,
  partial,
  chosen,
  choose,
}: {
  readonly files: Part<FileView>;
  readonly partial: boolean;
  readonly chosen: string;
  readonly choose: Choose;
}) {
  return (
    <Section id="files" title="Files" note={<Legend />}>
      {partial && (
        <p class="empty about">
          There are very many locks: these are the first ones of the files that were waited for longest or
          locked most often. All: <code>leader locks</code>.
        </p>
      )}
      {files.rows.length === 0 && <p class="empty">No locks are held or awaited, and none were.</p>}
      {files.rows.map((file) => (
        <File key={file.path} file={file} chosen={chosen === file.path} choose={choose} />
      ))}
      <Pager part={files} what="files" step={filesStep} go={(from) => choose({ files: from })} />
    </Section>
  );
}

const Legend = () => (
  <span class="legend">
    <span class="key write">write</span>
    <span class="key read">read</span>
    <span class="key waiting">waits</span>
  </span>
);

function File({
  file,
  chosen,
  choose,
}: {
  readonly file: FileView;
  readonly chosen: boolean;
  readonly choose: Choose;
}) {
  const { path, held, waiting, partial, picture, locks, history } = file;
  const more = locks.total - locks.rows.length;
  const counts = `${partial ? 'at least ' : ''}${number(held)} held`;
  return (
    <article class="file" aria-label={path}>
      <header class="file-head">
        <h3 class="path" title={path}>
          <bdi>{path}</bdi>
        </h3>
        <span class="counts">
          {history && <span class="muted">{number(history.acquisitions)} taken</span>}
          {held > 0 && <Badge kind="held">{counts}</Badge>}
          {waiting > 0 && <Badge kind="waiting">{number(waiting)} waiting</Badge>}
        </span>
      </header>
      {locks.total > 0 && <Picture picture={picture} path={path} held={held} waiting={waiting} />}
      {history && history.waits + history.refusals > 0 && <History history={history} />}
      {locks.total > 0 && <Locks path={path} locks={locks} />}
      {(chosen || more > 0 || partial) && (
        <div class="file-more">
          <button
            type="button"
            aria-expanded={chosen}
            onClick={() => choose({ file: chosen ? '' : path, locks: 0 })}
          >
            {chosen ? 'Show fewer' : partial ? 'Show more locks' : `Show all ${many(locks.total, 'lock')}`}
          </button>
          {chosen && (
            <Pager
              part={locks}
              what={`locks of ${path}`}
              step={locksStep}
              go={(from) => choose({ locks: from })}
            />
          )}
        </div>
      )}
    </article>
  );
}

function History({ history }: { readonly history: NonNullable<FileView['history']> }) {
  const { waits, waited, longest, longestCause, refusals } = history;
  return (
    <p class="history">
      {waits > 0 && (
        <>
          <span>
            {many(waits, 'wait')}, {age(waited / waits)} on average
          </span>
          <span>
            longest {age(longest)}
            {longestCause && (
              <>
                {' '}
                because of <span class="pid">{longestCause.pid}</span> <Command text={longestCause.command} />
              </>
            )}
          </span>
        </>
      )}
      {refusals > 0 && <span>{number(refusals)} refused at once</span>}
    </p>
  );
}

const Locks = ({ path, locks }: { readonly path: string; readonly locks: Part<LockView> }) => (
  <table class="locks">
    <caption class="unseen">Locks on {path}</caption>
    <thead class="unseen">
      <tr>
        <th scope="col" class="num">
          PID
        </th>
        <th scope="col">Command</th>
        <th scope="col">Lock and bytes</th>
        <th scope="col" class="num">
          Since
        </th>
      </tr>
    </thead>
    <tbody>
      {locks.rows.map((lock, n) => (
        <tr
          // Locks have no names; their order is stable.
          key={`${locks.from + n}`}
          class={lock.deadlocked ? 'deadlocked' : lock.waiting ? 'waiting' : ''}
        >
          <td class="num pid">{lock.pid}</td>
          <td>
            <Command text={lock.command} />
          </td>
          <td class="lock">
            <span class={`key ${lock.waiting ? 'waiting' : lock.type}`}>
              {lock.deadlocked ? 'deadlocked: ' : lock.waiting ? 'waits: ' : ''}
              {lock.kind} {lock.type}
            </span>{' '}
            {lock.kind !== 'flock' && <span class="range">{lock.range}</span>}
          </td>
          <td class="num">{age(lock.age)}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

function Picture(props: {
  readonly picture: PictureView;
  readonly path: string;
  readonly held: number;
  readonly waiting: number;
}) {
  const { picture, path, held, waiting } = props;
  const { lanes, bars, ticks, gaps } = picture;
  const bottom = lanes * laneHeight;
  return (
    <svg
      class="picture"
      height={bottom + 18}
      width="100%"
      role="img"
      aria-label={`Bytes of ${path}: ${number(held)} locks held, ${number(waiting)} waiting; listed in the table that follows`}
    >
      {gaps.map((at) => (
        <text key={at} class="gap" x={percent(at)} y={bottom + 3} text-anchor="middle">
          ⋯
        </text>
      ))}
      {ticks.map(({ at, label }) => (
        <g key={at}>
          <line class="tick" x1={percent(at)} x2={percent(at)} y1={0} y2={bottom + 3} />
          <text
            class="tick-label"
            x={percent(at)}
            y={bottom + 14}
            text-anchor={at === 0 ? 'start' : at === 1 ? 'end' : 'middle'}
          >
            {label}
          </text>
        </g>
      ))}
      {bars.map((bar, n) => (
        <Bar key={`${n}`} bar={bar} />
      ))}
    </svg>
  );
}

/** `PID /usr/bin/program …` without the directory. */
const withoutDirectoryOf = (label: string): string =>
  label.replace(/^(\d+) (.*)$/s, (_, pid: string, command: string) => `${pid} ${withoutDirectory(command)}`);

const percent = (part: number): string => `${(part * 100).toFixed(3)}%`;

function Bar({ bar }: { readonly bar: BarView }) {
  const { from, to, lane, type, waiting, deadlocked, open, count, label, title } = bar;
  const state = deadlocked ? 'deadlocked' : waiting ? 'waiting' : '';
  return (
    <svg
      class={`bar ${type} ${state}`}
      x={percent(from)}
      width={percent(to - from)}
      y={lane * laneHeight}
      height={barHeight}
    >
      <title>{`${label} ${title}`}</title>
      <rect class="bar-body" x="0" y="0" width="100%" height={barHeight} rx="2" />
      {type === 'read' && <rect class="stripe" x="0" y={barHeight - 3} width="100%" height="3" />}
      {to - from > labelWidthMin && (
        <text x="5" y={barHeight - 3.5}>
          {count === 1 ? withoutDirectoryOf(label) : `×${number(count)}`}
        </text>
      )}
      {open && (
        <>
          <rect x="100%" y="1" width="12" height={barHeight - 2} transform="translate(-14 0)" />
          <text x="100%" dx="-4" y={barHeight - 3.5} text-anchor="end">
            ▸
          </text>
        </>
      )}
    </svg>
  );
}
