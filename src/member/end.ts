/** How a member ends: by the signal, if the first process of its workload did, else with a status. */
export interface End {
  /** As a shell has it: 128+n for signal n. */
  readonly status: number;
  readonly signal?: number;
}

/** Exit statuses as a shell gives them (and env, nohup, timeout). */
export const notExecutable = 126;
export const notFound = 127;
const signalled = 128;
/** The member itself failed. */
export const memberFailed = 125;

/** wait(2): the low seven bits are the signal, the second byte is the status. */
export function endOf(wait: number): End {
  const signal = wait & 0x7f;
  return signal === 0 ? { status: (wait >> 8) & 0xff } : { status: signalled + signal, signal };
}
