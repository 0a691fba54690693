/** What the page shows and how it comes: one stream of events; another choice is another stream. */
import { useEffect, useState } from 'preact/hooks';
import { type Choice, firstChoice, type View } from '../http/view.js';

export type Choose = (change: Partial<Choice>) => void;

export type Link = 'connecting' | 'live' | 'lost' | 'paused';

/** Only what differs from how the page is opened. */
function queryOf(choice: Choice): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(choice)) {
    if (value !== firstChoice[name as keyof Choice]) query.set(name, String(value));
  }
  return query.size === 0 ? 'events' : `events?${query}`;
}

export function useView(): {
  readonly view: View | undefined;
  readonly link: Link;
  readonly choice: Choice;
  readonly choose: Choose;
  readonly setPaused: (paused: boolean) => void;
} {
  const [view, setView] = useState<View>();
  const [link, setLink] = useState<Link>('connecting');
  const [choice, setChoice] = useState(firstChoice);
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    if (paused) {
      setLink('paused');
      return undefined;
    }
    const events = new EventSource(queryOf(choice));
    events.onmessage = (event: MessageEvent<string>) => {
      setView(JSON.parse(event.data) as View);
      setLink('live');
    };
    events.onerror = () => setLink('lost');
    return () => events.close();
  }, [choice, paused]);
  const choose: Choose = (change) => {
    setChoice((before) => ({ ...before, ...change }));
    // Whoever chooses wants to see it.
    setPaused(false);
  };
  return { view, link, choice, choose, setPaused };
}
