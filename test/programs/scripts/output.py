"""output.py unread PROGRAM...: runs a program whose output goes into a pipe that nobody will read.
output.py slow PROGRAM...: copies its output, from a non-blocking pipe that is not read before it is full.
Ends with its exit status."""
import fcntl
import os
import subprocess
import struct
import sys
import termios
import time

reader, writer = os.pipe()
if sys.argv[1] == "unread":
    os.close(reader)
    raise SystemExit(subprocess.run(sys.argv[2:], stdout=writer).returncode % 256)
os.set_blocking(writer, False)
program = subprocess.Popen(sys.argv[2:], stdout=writer)
os.close(writer)
room = fcntl.fcntl(reader, 1032)  # F_GETPIPE_SZ
while program.poll() is None:
    (held,) = struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, bytes(4)))
    if held == room:
        break
    time.sleep(0.01)
while data := os.read(reader, 65536):
    sys.stdout.buffer.write(data)
raise SystemExit(program.wait() % 256)
