/**
 * What the leader hands a member of each mount, whether it lives in the member's process or behind a socket.
 * Guest paths are what the workload sees; host paths are behind the descriptors and named nowhere.
 */

export const MountType = {
  /** A host directory or file at another path. */
  host: 0,
  /** A directory tree in memory, shared by all members and gone with the leader. */
  tmpfs: 1,
  /** Like host, and every descriptor that can write appends. */
  append: 2,
  /** Only leads to mount points: a directory that the host does not have, read-only. */
  path: 3,
} as const;
export type MountType = (typeof MountType)[keyof typeof MountType];

/** `leader`: its record locks and flock are coordinated. `kernel`: they are left to the host, untouched. */
export const MountLocks = { leader: 0, kernel: 1 } as const;
export type MountLocks = (typeof MountLocks)[keyof typeof MountLocks];

export interface Mount {
  /** Absolute guest path, normalised: no `.`, `..`, empty component or slash at its end. Never `/`. */
  readonly path: string;
  readonly type: MountType;
  readonly readonly: boolean;
  readonly locks: MountLocks;
  /** The root of the mount: O_RDONLY|O_DIRECTORY, or O_PATH of a file. Belongs to the link. */
  readonly descriptor: number;
}
