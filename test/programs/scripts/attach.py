"""attach.py PID TIMES: takes a thread that its member has parked, as a debugger does, and lets it go, that many times; says
how often it was refused. Between the permission to attach and doing so, it has to wait for its turn: its only CPU is busy with
what is more urgent."""
import ctypes
import errno
import os
import re
import sys
import time

SEIZE, INTERRUPT, DETACH, ALL = 0x4206, 0x4207, 17, 0x40000000
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
parent = os.getpid()
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
if os.fork() == 0:
    libc.prctl(1, 9)
    while os.getppid() == parent:
        pass
    os._exit(0)
os.nice(19)


def ptrace(request):
    return 0 if libc.ptrace(ctypes.c_long(request), pid, None, None) == 0 else ctypes.get_errno()


def parked():
    with open(f"/proc/{pid}/status") as status:
        return re.search(r"^TracerPid:\t[1-9]", status.read(), re.MULTILINE)


refused = 0
for _ in range(int(sys.argv[2])):
    while not parked():
        time.sleep(0.01)
    error = ptrace(SEIZE)
    if error == errno.EPERM:
        refused += 1
        continue
    error = error or ptrace(INTERRUPT)
    if error:
        sys.exit(errno.errorcode[error])
    os.waitpid(pid, ALL)
    ptrace(DETACH)
print("refused", refused, flush=True)
