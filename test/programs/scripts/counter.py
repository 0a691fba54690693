"""counter.py FILE TIMES: adds to the number in FILE, that many times, each under fcntl.lockf."""
import fcntl
import sys

with open(sys.argv[1], "r+b", buffering=0) as file:
    for _ in range(int(sys.argv[2])):
        fcntl.lockf(file, fcntl.LOCK_EX)
        file.seek(0)
        number = int(file.read(32) or b"0")
        file.seek(0)
        file.write(b"%d\n" % (number + 1))
        fcntl.lockf(file, fcntl.LOCK_UN)
