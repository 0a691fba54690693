"""terminal.py [ROWSxCOLUMNS] PROGRAM...: runs a program on a new controlling terminal (33x101), and copies standard
input to it (also control characters) and what it shows to standard output. Ends with its exit status."""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

size = re.fullmatch(r"(\d+)x(\d+)", sys.argv[1])
rows, columns = map(int, size.groups()) if size else (33, 101)
program = sys.argv[2:] if size else sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(program[0], program)
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
