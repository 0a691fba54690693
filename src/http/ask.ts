/** How a question is put to the leader, and lists that it answers in pages. */
import type { MessageName, Reply, Request } from '../shared/messages.js';

export type Ask = <N extends MessageName>(name: N, request: Request<N>) => Promise<Reply<N>>;

const pageRows = 500;

/** The rows of a list of pages, as many as are wanted; `cut`: there are more. */
export async function pages<N extends 'locksList' | 'sessionsList'>(
  ask: Ask,
  name: N,
  request: Omit<Request<N>, 'cursor' | 'limit'>,
  max: number,
): Promise<{ rows: Reply<N>['rows'][number][]; cut: boolean }> {
  const rows: Reply<N>['rows'][number][] = [];
  for (let cursor = 0; rows.length < max; ) {
    const page = await ask(name, {
      ...request,
      cursor,
      limit: Math.min(pageRows, max - rows.length),
    } as unknown as Request<N>);
    rows.push(...page.rows);
    if (page.next === null) return { rows, cut: false };
    cursor = page.next;
  }
  return { rows, cut: true };
}
