"""stream.py FILE lockf|flock SH|EX: four processes take and release the lock without a pause, each holding it for
10 ms, until standard input ends. With readers the lock is practically never free. Says `streaming` when each has had its
turn, and `streamed` when each has had many."""
import fcntl
import os
import select
import sys
import time

_, path, kind, mode = sys.argv
take = getattr(fcntl, kind)
open(path, "a").close()
children = []
words = {1: "streaming", 11: "streamed"}
pipes = {turns: os.pipe() for turns in words}
for _ in range(4):
    child = os.fork()
    if child:
        children.append(child)
        continue
    turns = 0
    with open(path, "r+") as file:
        while not select.select([0], [], [], 0)[0]:
            take(file, fcntl.LOCK_SH if mode == "SH" else fcntl.LOCK_EX)
            turns += 1
            if turns in pipes:
                os.write(pipes[turns][1], b".")
            time.sleep(0.01)
            take(file, fcntl.LOCK_UN)
    print("turns", turns, flush=True)
    os._exit(0)
for turns, word in words.items():
    for _ in children:
        os.read(pipes[turns][0], 1)
    print(word, flush=True)
raise SystemExit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
