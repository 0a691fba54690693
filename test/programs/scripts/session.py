"""session.py group|leader|inside SIGNAL TIMES PROGRAM...: runs a program in a session of its own, and each time that
it has said a line sends the signal to its process group, or to the first process alone, or has the program send it to its
own group (which is told so by a line). Then one SIGUSR2 to the first process alone: what comes in order comes before it.
Closes standard input after that, and prints what the program said."""
import os
import signal
import subprocess
import sys

to, name, times, *command = sys.argv[1:]
number = getattr(signal, name)
program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
print(program.stdout.readline(), end="")
for _ in range(int(times)):
    if to == "inside":
        print(name, file=program.stdin, flush=True)
    else:
        (os.killpg if to == "group" else os.kill)(program.pid, number)
    print(program.stdout.readline(), end="", flush=True)
program.send_signal(signal.SIGUSR2)
for line in program.stdout:
    print(line, end="")
    if line.startswith("got SIGUSR2"):
        break
program.stdin.close()
print(program.stdout.read(), end="")
raise SystemExit(program.wait())
