"""Says which signals come, by sigwait(3); ends with status 7 at the second SIGTERM."""
import os
import signal

numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGWINCH", "SIGUSR1", "SIGUSR2")]
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
print("ready", os.getpid(), flush=True)
terms = 0
while terms < 2:
    number = signal.sigwait(numbers)
    terms += number == signal.SIGTERM
    print("got", signal.Signals(number).name, terms, flush=True)
raise SystemExit(7)
