"""stream.py FILE lockf|flock SH|EX: four processes take and release the lock without a pause, each holding it for
10 ms, until standard input ends. With readers the lock is practically never free."""
import fcntl
import os
import select
import sys
import time

_, path, kind, mode = sys.argv
take = getattr(fcntl, kind)
open(path, "a").close()
children = []
answers, answer = os.pipe()
for _ in range(4):
    child = os.fork()
    if child:
        children.append(child)
        continue
    turns = 0
    with open(path, "r+") as file:
        while not select.select([0], [], [], 0)[0]:
            take(file, fcntl.LOCK_SH if mode == "SH" else fcntl.LOCK_EX)
            if turns == 0:
                os.write(answer, b".")
            turns += 1
            time.sleep(0.01)
            take(file, fcntl.LOCK_UN)
    print("turns", turns, flush=True)
    os._exit(0)
for _ in children:
    os.read(answers, 1)
print("streaming", flush=True)
raise SystemExit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
