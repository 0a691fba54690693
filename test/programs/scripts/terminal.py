"""terminal.py PROGRAM...: runs a program on a new controlling terminal of 33 rows and 101 columns, and copies
standard input to it (also control characters) and what it shows to standard output. Ends with its exit status."""
import fcntl
import os
import pty
import select
import struct
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
watched = [0, terminal]
while True:
    ready, _, _ = select.select(watched, [], [])
    if 0 in ready:
        data = os.read(0, 4096)
        if data:
            os.write(terminal, data)
        else:
            watched.remove(0)
    if terminal in ready:
        try:
            data = os.read(terminal, 4096)
        except OSError:  # EIO: the last user has closed it
            data = b""
        if not data:
            break
        os.write(1, data)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
