/** Finds the account of a session: how many locks its owners hold together. Sessions that are gone leave nothing. */
import type { Account } from './owner-state.js';

export class Accounts {
  readonly #accounts = new WeakMap<object, Account>();
  /** Of the owners whose session is not an object. */
  readonly #shared = newAccount();

  of(session: unknown): Account {
    if (typeof session !== 'object' || session === null) return this.#shared;
    const known = this.#accounts.get(session);
    if (known !== undefined) return known;
    const account = newAccount();
    this.#accounts.set(session, account);
    return account;
  }
}

function newAccount(): Account {
  return { locks: 0, acquisitions: 0, waits: 0, waitMilliseconds: 0 };
}
