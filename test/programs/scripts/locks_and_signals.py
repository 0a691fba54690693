"""Locks and unlocks a file as fast as it can, and ends processes meanwhile; answers every 'SIGUSR1' at once with its
number and ends at SIGTERM, with status 7 when no lock call failed other than by the signal."""
import errno
import fcntl
import os
import signal
import sys

counts = {"usr1": 0, "failed": 0}
done = False


def on_usr1(*_):
    counts["usr1"] += 1
    os.write(1, b"usr1 %d\n" % counts["usr1"])


def on_term(*_):
    global done
    done = True


signal.signal(signal.SIGUSR1, on_usr1)
signal.signal(signal.SIGTERM, on_term)
file = open(sys.argv[1], "w+")
print("ready", os.getpid(), flush=True)
rounds = 0
while not done:
    rounds += 1
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(file, fcntl.LOCK_UN)
    except OSError as error:
        counts["failed"] += error.errno != errno.EINTR
    if rounds % 200 == 0:
        child = os.fork()
        if child == 0:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            os._exit(0)
        os.waitpid(child, 0)
sys.exit(7 if counts["failed"] == 0 else 1)
