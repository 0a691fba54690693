"""count_signals.py [NAME]: says `ready`, then a line for each signal that comes, with its name and how many came. A line
of standard input is the name of a signal to be sent to the own process group. At the end of standard input says how many
came of all, and ends."""
import os
import select
import signal

names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGWINCH", "SIGUSR1", "SIGUSR2", "SIGCONT")
read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
signal.set_wakeup_fd(write_end)
for name in names:
    signal.signal(getattr(signal, name), lambda *_: None)
print("ready", os.getpid(), flush=True)
counts = {}
while True:
    ready, _, _ = select.select([0, read_end], [], [])
    if read_end in ready:
        for number in os.read(read_end, 4096):
            counts[number] = counts.get(number, 0) + 1
            print("got", signal.Signals(number).name, counts[number], flush=True)
    if 0 in ready:
        lines = os.read(0, 4096)
        if not lines:
            break
        for line in lines.decode().split():
            os.killpg(0, getattr(signal, line))
print("all", sum(counts.values()))
