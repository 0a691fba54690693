/**
 * For which process the leader counts the locks of a description: for the one that took them, as long as it shares the
 * description; when it has ended or closed its descriptors, for the one where the description was found.
 *
 * Most descriptions are used by one process: it is the description's known place, and nothing is noted. Only others
 * that take locks through it are listed, with a descriptor of theirs.
 */
import { descriptionFind } from '../shared/native/workload.js';
import type { Description } from './descriptions.js';
import type { LeaderLink } from './link.js';
import type { Process } from './processes.js';

/** The descriptor of a taker that has none left: its locks pass as soon as a place is known. */
const lost = -1;

export class Takers {
  readonly #link: LeaderLink;

  constructor(link: LeaderLink) {
    this.#link = link;
  }

  /** The process was granted a lock through this descriptor. */
  took(description: Description, process: Process, fd: number): void {
    if (description.process !== process && description.known) this.#note(description, process, fd);
  }

  /** The description's place has changed; the process where it was before has lost it. */
  placed(description: Description, before: Process | undefined): void {
    const { process, takers } = description;
    if (process !== undefined) this.#forget(description, process);
    if (before !== undefined && before !== process) this.left(description, before);
    if (process === undefined || takers.size === 0) return;
    for (const [taker, fd] of [...takers]) if (fd === lost) this.left(description, taker);
  }

  /** Descriptors [low, high] of a taker go: it has another one, or has lost the description. */
  closing(process: Process, low: number, high: number): void {
    for (const description of [...process.took]) {
      const fd = description.takers.get(process)!;
      if (fd >= low && fd <= high) this.look(description, process, low, high);
    }
  }

  /** Looks for a descriptor of a taker that is not in [low, high]. */
  look(description: Description, process: Process, low: number, high: number): void {
    const fd = descriptionFind(description.copy, process.pid, low, high);
    if (fd >= 0) this.#note(description, process, fd);
    else this.left(description, process);
  }

  /** The process does not share the description any more. */
  left(description: Description, process: Process): void {
    if (process.knownOwner === undefined) return;
    if (description.process === undefined) return this.#note(description, process, lost);
    this.#forget(description, process);
    const from = process.ended ? undefined : process.knownOwner;
    this.#link.passLocks(description.owner, from, description.process.owner);
  }

  /** The description is gone. */
  dismiss(description: Description): void {
    for (const process of description.takers.keys()) process.took.delete(description);
    description.takers.clear();
  }

  #note(description: Description, process: Process, fd: number): void {
    description.takers.set(process, fd);
    process.took.add(description);
  }

  #forget(description: Description, process: Process): void {
    if (description.takers.delete(process)) process.took.delete(description);
  }
}
