"""descriptors.py open COMMAND...: opens descriptors of many kinds and becomes the command.
descriptors.py list: tells the open descriptors: number, what it is (without numbers of its own), flags."""
import fcntl, os, re, select, socket, sys


def place(fd, at):
    os.dup2(fd, at, inheritable=True)


def open_many():
    place(os.open("/dev/null", os.O_RDONLY), 40)
    for fd, at in zip(os.pipe(), (41, 42)):
        place(fd, at)
    for end, at in zip(socket.socketpair(), (43, 44)):
        place(end.fileno(), at)
    place(os.eventfd(0), 45)
    epoll = select.epoll()
    place(epoll.fileno(), 46)
    place(os.memfd_create("memory"), 47)
    place(os.open("/dev/null", os.O_RDWR), 300)
    os.execvp(sys.argv[2], sys.argv[2:])


def list_open():
    for fd in range(1024):
        try:
            flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        except OSError:
            continue
        what = os.readlink(f"/proc/self/fd/{fd}")
        told.append(f"{fd} {re.sub('[0-9]+', 'n', what)} {flags:o}")


told = []
if sys.argv[1] == "open":
    open_many()
list_open()
with open("descriptors", "w") as file:
    print("\n".join(told), file=file)
