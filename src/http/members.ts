/** The members and the processes below each of them. Pure. */
import { part } from './parts.js';
import { clean } from './text.js';
import type { Choice, MemberView, Part, ProcessView } from './view.js';
import type { MemberFacts, ProcessFacts, World } from './world.js';

const membersPerPage = 10;
/** Processes of a member that is not chosen, and of the one that is. */
const processesShown = 8;
const processesPerPage = 50;

interface Placed {
  readonly facts: ProcessFacts;
  readonly depth: number;
}

export function memberViews(world: World, choice: Choice, stuck: ReadonlySet<number>): Part<MemberView> {
  const children = new Map<number, ProcessFacts[]>();
  for (const process of world.processes) {
    const siblings = children.get(process.ppid);
    if (siblings === undefined) children.set(process.ppid, [process]);
    else siblings.push(process);
  }
  const parents = new Map(world.processes.map(({ pid, ppid }) => [pid, ppid]));
  const stuckMembers = new Set([...stuck].flatMap((pid) => above(pid, parents)));
  const stuckIn = ({ pid }: MemberFacts) => Number(stuckMembers.has(pid));
  const wanted = world.members
    .filter(({ wraps, name, pid }) => wraps && `${pid} ${name}`.includes(choice.find))
    .sort(
      (a, b) => stuckIn(b) - stuckIn(a) || b.waiting - a.waiting || b.held - a.held || a.session - b.session,
    );
  const { rows, from, total } = part(wanted, choice.members, membersPerPage);
  return { rows: rows.map((member) => memberView(member, children, choice, stuck)), from, total };
}

/** A process and its ancestors. */
function above(pid: number, parents: ReadonlyMap<number, number>): number[] {
  const found: number[] = [];
  for (let at: number | undefined = pid; at !== undefined && !found.includes(at); at = parents.get(at))
    found.push(at);
  return found;
}

function memberView(
  member: MemberFacts,
  children: ReadonlyMap<number, readonly ProcessFacts[]>,
  choice: Choice,
  stuck: ReadonlySet<number>,
): MemberView {
  const below = placeBelow(member.pid, children);
  const chosen = choice.member === member.session;
  const { rows, from, total } = chosen
    ? part(below, choice.processes, processesPerPage)
    : part(mostTelling(below), 0, processesShown);
  const { session, pid, name, age, calls, held, waiting, acquisitions } = member;
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
      rows: rows.map(
        ({ facts, depth }): ProcessView => ({
          pid: facts.pid,
          command: clean(facts.command),
          depth,
          state: clean(facts.state),
          held: facts.held,
          waiting: facts.waiting,
          waitingFor: facts.waitingFor,
          deadlocked: stuck.has(facts.pid),
          rss: facts.rss,
        }),
      ),
    },
  };
}

const isKeeper = ({ command }: ProcessFacts): boolean => /^\S*\/sward-launcher \d/.test(command);

/** Parents before their children, as a tree is read. */
function placeBelow(root: number, children: ReadonlyMap<number, readonly ProcessFacts[]>): Placed[] {
  const placed: Placed[] = [];
  const seen = new Set<number>([root]);
  // The keeper between the member and its programs is ours: they are told as if they were at the top.
  const top = (children.get(root) ?? []).flatMap((facts) =>
    isKeeper(facts) ? (children.get(facts.pid) ?? []) : [facts],
  );
  const open = top.map((facts) => ({ facts, depth: 0 })).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { pid } = next.facts;
    // Pids are told one after another: a number used again must not lead in circles.
    if (seen.has(pid)) continue;
    seen.add(pid);
    placed.push(next);
    const { depth } = next;
    for (const facts of [...(children.get(pid) ?? [])].reverse()) open.push({ facts, depth: depth + 1 });
  }
  return placed;
}

/** Where only a few are shown, those that have to do with locks, as they stand in the tree. */
function mostTelling(placed: readonly Placed[]): readonly Placed[] {
  if (placed.length <= processesShown) return placed;
  const rank = ({ facts }: Placed) => (facts.waiting > 0 ? 2 : facts.held > 0 ? 1 : 0);
  const order = new Map(placed.map((each, n) => [each, n]));
  const chosen = [...placed].sort((a, b) => rank(b) - rank(a)).slice(0, processesShown);
  const rest = placed.filter((each) => !chosen.includes(each));
  return [...chosen.sort((a, b) => order.get(a)! - order.get(b)!), ...rest];
}
