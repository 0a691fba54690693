"""actor.py FILE: takes orders from standard input, one a line, and answers each with `NUMBER RESULT BEGAN ENDED`.

NUMBER lockf|flock read|write|unlock [try]    in the actor's own process, on a descriptor opened once
NUMBER append TEXT FILE                       for an order of events
RESULT is `ok` or the name of an errno; BEGAN and ENDED are CLOCK_MONOTONIC seconds."""
import errno
import fcntl
import os
import sys
import time

types = {"read": fcntl.LOCK_SH, "write": fcntl.LOCK_EX, "unlock": fcntl.LOCK_UN}
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
print("ready", os.getpid(), flush=True)
for line in sys.stdin:
    number, verb, *rest = line.split()
    result = "ok"
    began = time.monotonic()
    try:
        if verb == "append":
            with open(rest[1], "a") as file:
                file.write(rest[0] + "\n")
        else:
            operation = types[rest[0]] | (fcntl.LOCK_NB if "try" in rest else 0)
            getattr(fcntl, verb)(descriptor, operation)
    except OSError as error:
        result = errno.errorcode[error.errno]
    print(number, result, began, time.monotonic(), flush=True)
