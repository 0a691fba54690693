/** Members with the processes below them, and what is mounted. */
import type { MemberView, MountView, Part, ProcessView } from '../http/view.js';
import { Badge, Command, Pager, Section } from './parts.js';
import type { Choose } from './state.js';
import { age, bytes, many, number } from './words.js';

const membersStep = 10;
const processesStep = 50;
/** Deeper generations are drawn no further to the right. */
const depthMax = 6;

interface Props {
  readonly chosen: number;
  readonly choose: Choose;
}

export function Members({ members, chosen, choose }: Props & { readonly members: Part<MemberView> }) {
  return (
    <Section id="members" title="Members">
      {members.rows.length === 0 ? (
        <p class="empty">No member is connected.</p>
      ) : (
        <table class="members">
          <caption class="unseen">Members and the processes in them</caption>
          <thead>
            <tr>
              <th scope="col" class="num">
                PID
              </th>
              <th scope="col">Command</th>
              <th scope="col">Locks</th>
              <th scope="col" class="num">
                Memory
              </th>
            </tr>
          </thead>
          {members.rows.map((member) => (
            <Member key={member.session} member={member} chosen={chosen === member.session} choose={choose} />
          ))}
        </table>
      )}
      <Pager part={members} what="members" step={membersStep} go={(from) => choose({ members: from })} />
    </Section>
  );
}

function Member({
  member,
  chosen,
  choose,
}: {
  readonly member: MemberView;
  readonly chosen: boolean;
  readonly choose: Choose;
}) {
  const { session, pid, name, held, waiting, calls, processes } = member;
  return (
    <tbody>
      <tr class="member">
        <th colSpan={4} scope="rowgroup">
          <span class="member-name">{name}</span>{' '}
          <span class="muted">
            up {age(member.age)} · {many(processes.total, 'process', 'processes')} · {many(calls, 'call')}
          </span>
          <span class="counts">
            {held > 0 && <Badge kind="held">{number(held)} held</Badge>}
            {waiting > 0 && <Badge kind="waiting">{number(waiting)} waiting</Badge>}
          </span>
        </th>
      </tr>
      {processes.rows.map((process) => (
        <Process key={process.pid} process={process} />
      ))}
      {(chosen || processes.total > processes.rows.length) && (
        <tr>
          <td colSpan={4} class="more">
            <button
              type="button"
              aria-expanded={chosen}
              onClick={() => choose({ member: chosen ? 0 : session, processes: 0 })}
            >
              {chosen ? 'Show fewer' : `Show all ${number(processes.total)} processes`}
            </button>
            {chosen && (
              <Pager
                part={processes}
                what={`processes of member ${pid}`}
                step={processesStep}
                go={(from) => choose({ processes: from })}
              />
            )}
          </td>
        </tr>
      )}
    </tbody>
  );
}

const Process = ({ process }: { readonly process: ProcessView }) => (
  <tr class={process.deadlocked ? 'deadlocked' : process.waiting > 0 ? 'waiting' : ''}>
    <td class="num pid">{process.pid}</td>
    <td class={`depth-${Math.min(depthMax, process.depth)}`}>
      <Command text={process.command} />
    </td>
    <td class="standing">
      {process.held > 0 && <span class="nowrap">{number(process.held)} held</span>}{' '}
      {process.waiting > 0 && <span class="key waiting nowrap">waits {age(process.waitingFor)}</span>}{' '}
      {process.deadlocked && <Badge kind="deadlocked">deadlock</Badge>}
    </td>
    <td class="num">{bytes(process.rss)}</td>
  </tr>
);

export const Mounts = ({ mounts }: { readonly mounts: readonly MountView[] }) => (
  <Section id="mounts" title="Mounts">
    {mounts.length === 0 ? (
      <p class="empty">None: members see the host's files.</p>
    ) : (
      <table class="mounts">
        <caption class="unseen">What the members share</caption>
        <thead>
          <tr>
            <th scope="col">Path</th>
            <th scope="col">Type</th>
            <th scope="col">Where its files are</th>
            <th scope="col">Locks</th>
          </tr>
        </thead>
        <tbody>
          {mounts.map(({ path, type, backing, readonly, locks }) => (
            <tr key={path}>
              <td class="path">{path}</td>
              <td>
                {type}
                {readonly && <span class="muted"> read-only</span>}
              </td>
              <td class="path">{backing}</td>
              <td>{locks}</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Section>
);
