/** Small pieces that all parts of the page use. */
import type { ComponentChildren } from 'preact';
import type { Part } from '../http/view.js';
import { number } from './words.js';

export function Section(props: {
  readonly id: string;
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const { id, title, note, children } = props;
  return (
    <section class="section" id={id} aria-labelledby={`${id}-title`}>
      <header class="section-head">
        <h2 id={`${id}-title`} tabIndex={-1}>
          {title}
        </h2>
        {note && <span class="note">{note}</span>}
      </header>
      {children}
    </section>
  );
}

/** Which rows of how many; buttons to the ones before and behind. Nothing when all are shown. */
export function Pager(props: {
  readonly part: Part<unknown>;
  readonly what: string;
  readonly step: number;
  readonly go: (from: number) => void;
}) {
  const { part, what, step, go } = props;
  const to = part.from + part.rows.length;
  if (part.from === 0 && to >= part.total) return null;
  return (
    <nav class="pager" aria-label={`Pages of ${what}`}>
      <button type="button" disabled={part.from === 0} onClick={() => go(Math.max(0, part.from - step))}>
        <span aria-hidden="true">←</span> Previous
      </button>
      <span class="pager-where">
        {number(part.from + 1)}–{number(to)} of {number(part.total)}
      </span>
      <button type="button" disabled={to >= part.total} onClick={() => go(part.from + step)}>
        Next <span aria-hidden="true">→</span>
      </button>
    </nav>
  );
}

/** Where words come from other programs: in full as a title, since there may be no room. */
export const Command = ({ text }: { readonly text: string }) => (
  <span class="command" title={text}>
    {withoutDirectory(text)}
  </span>
);

/** A command line as ps(1) users read it: where the program is installed is not what it does. */
export const withoutDirectory = (text: string): string => text.replace(/^\/\S*\/(?=[^\s/])/, '');

export const Badge = (props: { readonly kind: string; readonly children: ComponentChildren }) => (
  <span class={`badge ${props.kind}`}>{props.children}</span>
);
