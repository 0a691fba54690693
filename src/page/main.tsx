/** The live page: what the leader knows, as it changes. Escaping is Preact's: no markup is ever made from texts. */
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { View } from '../http/view.js';
import { Charts } from './charts.js';
import { Files } from './files.js';
import { Members, Mounts } from './members.js';
import { type Choose, type Link, useView } from './state.js';
import { Waits } from './waits.js';
import { age, bytes, many, number } from './words.js';

const findMilliseconds = 250;
/** Changes are told to a screen reader no more often. */
const sayMilliseconds = 4_000;

const links: Readonly<Record<Link, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Connection lost, trying again',
  paused: 'Paused',
};

const parts = [
  ['contention', 'Contention'],
  ['files', 'Files'],
  ['waits', 'Waits'],
  ['members', 'Members'],
  ['mounts', 'Mounts'],
] as const;

function App() {
  const { view, link, choice, choose, setPaused } = useView();
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <h1>sward</h1>
        {view && (
          <span class="muted top-leader">
            leader {view.leader.pid} · up {age(view.leader.uptime)} · {bytes(view.leader.rss)} ·{' '}
            {many(view.leader.calls, 'call')}
          </span>
        )}
        <nav class="jump" aria-label="Parts of the page">
          {parts.map(([id, title]) => (
            <a key={id} href={`#${id}`}>
              {title}
            </a>
          ))}
        </nav>
        <div class="controls">
          <Find choose={choose} />
          <button type="button" aria-pressed={link === 'paused'} onClick={() => setPaused(link !== 'paused')}>
            Pause
          </button>
          <span class={`link ${link}`} role="status">
            {links[link]}
          </span>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {view?.trouble && (
          <p class="notice">No answer from the leader: {view.trouble}. Shown is what it said last.</p>
        )}
        {view ? (
          <>
            <Totals view={view} />
            <Says view={view} />
            <Charts samples={view.samples} />
            <div class="columns">
              <div class="column">
                <Files
                  files={view.files}
                  partial={view.totals.filesPartial}
                  chosen={choice.file}
                  choose={choose}
                />
              </div>
              <div class="column">
                <Waits view={view} choose={choose} />
                <Members members={view.members} chosen={choice.member} choose={choose} />
                <Mounts mounts={view.mounts} />
              </div>
            </div>
          </>
        ) : (
          <p class="empty">{links[link]}…</p>
        )}
      </main>
    </>
  );
}

function Find({ choose }: { readonly choose: Choose }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    if (text === undefined) return undefined;
    const timer = setTimeout(() => choose({ find: text, files: 0, members: 0 }), findMilliseconds);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      placeholder="Find a file or member"
      aria-label="Show only files and members whose names contain"
      value={text ?? ''}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}

function Totals({ view }: { readonly view: View }) {
  const { totals } = view;
  const items: readonly (readonly [name: string, value: string, state?: string])[] = [
    ['members', number(totals.members)],
    ['processes', number(totals.processes)],
    ['files locked', `${totals.filesPartial ? '≥ ' : ''}${number(totals.files)}`],
    ['locks held', number(totals.held)],
    ['waiting', number(totals.waiting), totals.waiting > 0 ? 'waiting' : ''],
    ['longest wait', totals.waiting > 0 ? age(totals.longest) : '–'],
    ['deadlocks', number(totals.deadlocks), totals.deadlocks > 0 ? 'deadlocked' : ''],
  ];
  return (
    <dl class="totals" aria-label="Totals">
      {items.map(([name, value, state]) => (
        <div key={name} class={state ?? ''}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Tells a screen reader what has changed: counts of waits and deadlocks, politely and not too often. */
function Says({ view }: { readonly view: View }) {
  const { waiting, deadlocks } = view.totals;
  const news = `${waiting === 0 ? 'Nobody waits' : `${many(waiting, 'request')} waiting`}, ${deadlocks === 0 ? 'no deadlock' : many(deadlocks, 'deadlock')}`;
  const [said, setSaid] = useState(news);
  const last = useRef(0);
  useEffect(() => {
    if (news === said) return undefined;
    const wait = Math.max(0, last.current + sayMilliseconds - performance.now());
    const timer = setTimeout(() => {
      last.current = performance.now();
      setSaid(news);
    }, wait);
    return () => clearTimeout(timer);
  }, [news, said]);
  return (
    <p class="unseen" aria-live="polite" id="says">
      {said}
    </p>
  );
}

const root = document.querySelector('#root')!;
root.replaceChildren();
render(<App />, root);
