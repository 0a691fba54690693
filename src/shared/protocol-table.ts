/** The table of messages in design/protocol.md, made from the declarations. */
import { messageNames, messages } from './messages.js';
import type { AnyMessage } from './protocol-declare.js';
import type { Field, Fields } from './schema.js';

const describe = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, field]: [string, Field<unknown>]) => `${name}: ${field.description}`)
    .join('; ') || '—';

/** The table of messages as design/protocol.md holds it (a test compares). */
export function describeMessages(): string {
  const lines = [
    '| id | message | request | reply | descriptors | errors |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  for (const name of messageNames) {
    const spec: AnyMessage = messages[name] as unknown as AnyMessage;
    const marks = `${spec.waits ? ' (may wait)' : ''}${spec.releases ? ' (releases)' : ''}`;
    const carried =
      spec.replyDescriptors !== undefined
        ? `reply: 1 for each of ${spec.replyDescriptors}`
        : typeof spec.descriptors === 'string'
          ? `1 if ${spec.descriptors}`
          : `${spec.descriptors || '—'}`;
    lines.push(
      `| ${spec.id} | **${name}**${marks}: ${spec.summary} | ${describe(spec.request)} | ${describe(spec.reply)} ` +
        `| ${carried} | ${spec.errors.join(' ') || '—'} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}
