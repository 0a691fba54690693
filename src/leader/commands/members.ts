/** The members of a leader, as `leader status`, `leader top` and `leader ps` tell them. */
import { observedRowsMax } from '../../shared/limits.js';
import type { Reply } from '../../shared/messages.js';
import type { BlockingClient } from '../../shared/protocol-call.js';

export type MemberRow = Reply<'sessionsList'>['rows'][number];

/** Members, and clients of the library that hold locks or may; those that only ask are none. First come first. */
export function fetchMembers(client: BlockingClient): MemberRow[] {
  const rows: MemberRow[] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page: Reply<'sessionsList'> = client.call('sessionsList', { cursor, limit: observedRowsMax });
    rows.push(...page.rows);
    cursor = page.next;
  }
  return rows.filter(({ wraps, owners }) => wraps || owners > 0);
}
