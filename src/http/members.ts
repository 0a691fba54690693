/** The members and the processes below each of them. Pure. */
import { part } from './parts.js';
import { clean } from './text.js';
import { type Placed, processesShown } from './tree.js';
import type { Choice, MemberView, Part, ProcessView } from './view.js';
import type { MemberFacts, World } from './world.js';

const membersPerPage = 10;
/** Processes of the member that is chosen. */
const processesPerPage = 50;

/** What is needed to tell which are shown. */
export type Members = Pick<World, 'members' | 'processes' | 'deadlocks'>;

interface Shown {
  readonly member: MemberFacts;
  readonly processes: Part<Placed>;
}

export function memberViews(world: World, choice: Choice, stuck: ReadonlySet<number>): Part<MemberView> {
  const { rows, from, total } = choose(world, choice);
  return { rows: rows.map((shown) => memberView(shown, world, stuck)), from, total };
}

/** The processes that somebody sees; of the others no more need be known than which there are. */
export const shownProcesses = (world: Members, choice: Choice): number[] =>
  choose(world, choice).rows.flatMap(({ processes }) => processes.rows.map(({ facts }) => facts.pid));

function choose({ members, processes, deadlocks }: Members, choice: Choice): Part<Shown> {
  const stuck = new Set(deadlocks.flat().flatMap(({ pid }) => processes.above(pid)));
  const stuckIn = ({ pid }: MemberFacts) => Number(stuck.has(pid));
  const wanted = members
    .filter(({ wraps, name, pid }) => wraps && `${pid} ${name}`.includes(choice.find))
    .sort(
      (a, b) => stuckIn(b) - stuckIn(a) || b.waiting - a.waiting || b.held - a.held || a.session - b.session,
    );
  const { rows, from, total } = part(wanted, choice.members, membersPerPage);
  const shown = (member: MemberFacts): Shown => {
    const { pid, session } = member;
    const chosen = choice.member === session;
    return {
      member,
      processes: chosen
        ? part(processes.below(pid), choice.processes, processesPerPage)
        : part(processes.telling(pid), 0, processesShown),
    };
  };
  return { rows: rows.map(shown), from, total };
}

function memberView(
  { member, processes }: Shown,
  { details }: World,
  stuck: ReadonlySet<number>,
): MemberView {
  const { session, pid, name, age, calls, held, waiting, acquisitions } = member;
  const { rows, from, total } = processes;
  return {
    session,
    pid,
    name: clean(name),
    age,
    calls,
    held,
    waiting,
    acquisitions,
    processes: {
      from,
      total,
      rows: rows.flatMap(({ facts, depth }): ProcessView[] => {
        const known = details.get(facts.pid);
        // It has ended since it was listed.
        if (known === undefined) return [];
        const { pid, held, waiting, waitingFor } = facts;
        const { command, state, rss } = known;
        const deadlocked = stuck.has(pid);
        return [
          {
            pid,
            command: clean(command),
            depth,
            state: clean(state),
            held,
            waiting,
            waitingFor,
            deadlocked,
            rss,
          },
        ];
      }),
    },
  };
}
