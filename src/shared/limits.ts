/** Every bound of the product, named with its unit. Nothing else in the code invents a limit. */

/** Longest payload of one frame. A longer one closes the connection (framing is lost). */
export const frameBytesMax = 64 * 1024;
/** Bytes of replies that may wait for a client that does not read; above it the client is disconnected. */
export const outgoingBytesMax = 1024 * 1024;
/** Calls of one session that may be unanswered at once (waiting ones included); above it ENOLCK. */
export const callsInFlightMax = 16_384;
/** Locks that one session may hold; above it ENOLCK. */
export const locksPerSessionMax = 1_000_000;
/** Files that one session may have open at the leader; above it ENFILE. */
export const filesPerSessionMax = 65_536;
/** Owners (processes and open file descriptions) that one session may register; above it ENFILE. */
export const ownersPerSessionMax = 65_536;
/** Connections that the leader serves at once; above it a new one is closed. */
export const connectionsMax = 4_096;
/** Descriptors received that no frame has claimed yet; above it the connection is closed. */
export const unclaimedDescriptorsMax = 16;
/** Longest command name that an owner is registered with. */
export const commandCharactersMax = 256;
/** What is told of such a command in a list of deadlocks, of which there may be many; of the waits it is told in full. */
export const deadlockCommandCharactersMax = 40;
/** Rows of one reply that lists locks. */
export const locksPerReplyMax = 500;

/** How long a lock request that must wait is held in its trap before its thread is parked. */
export const holdMicroseconds = 1_000;
/** How long a member waits for a leader that does not answer before it says ENOLCK. */
export const leaderTimeoutMilliseconds = 5_000;
/** How often a member with waiting calls asks whether the leader is still there. */
export const pingMilliseconds = 1_000;
/** Idle inodes that a member keeps open at the leader. */
export const idleFilesMax = 256;

/** Mounts of a leader, those that only lead to mount points included. Their descriptors travel in one message. */
export const mountsMax = 64;
/** Longest guest path of a mount: all of them fit into a frame. */
export const mountPathBytesMax = 512;
/** Longest text that says where a mount's files are. */
export const mountBackingBytesMax = 400;

/** Records of one reply that lists processes or descriptors. */
export const recordsPerReplyMax = 65_536;
/** How long the leader reads about processes before it answers with what it has: others wait meanwhile. */
export const observeMicroseconds = 4_000;
/** Rows of one reply about contention, waits or sessions. */
export const observedRowsMax = 500;
/** Files that nobody has open any more whose contention is remembered. */
export const contentionHistoryMax = 1_000;
/** Processes remembered for each file that others waited for. */
export const contentionCausesMax = 8;
