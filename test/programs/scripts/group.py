"""group.py PROGRAM...: runs a program in a process group of its own, as a job of a shell: it can be stopped."""
import subprocess
import sys

job = subprocess.Popen(sys.argv[1:], process_group=0)
print("job", job.pid, file=sys.stderr, flush=True)
status = job.wait()
raise SystemExit(status if status >= 0 else 128 - status)
