"""interrupted.py FILE lockf|flock TIMES: blocks TIMES times for a lock that another process holds, interrupted by
alarm(2)'s signal, and prints the microseconds from the signal to the return of the call, sorted, in one line.
Python itself tries again after EINTR unless the handler raises: it does."""
import fcntl
import os
import signal
import sys
import time

microseconds = 30_000


class Interrupted(Exception):
    pass


def handler(number, frame):
    raise Interrupted


descriptor = os.open(sys.argv[1], os.O_RDWR)
signal.signal(signal.SIGALRM, handler)
latencies = []
while len(latencies) < int(sys.argv[3]):
    due = time.monotonic() + microseconds / 1e6
    try:
        signal.setitimer(signal.ITIMER_REAL, microseconds / 1e6)
        getattr(fcntl, sys.argv[2])(descriptor, fcntl.LOCK_EX)
        sys.exit("granted while held")
    except Interrupted:
        latencies.append(round((time.monotonic() - due) * 1e6))
print(*sorted(latencies))
