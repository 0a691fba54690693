"""named.py FILE lockf|flock SH|EX NAME ORDER: takes the lock and, with it, appends NAME to the file ORDER."""
import fcntl
import sys

_, path, kind, mode, name, order = sys.argv
with open(path, "r+") as file:
    getattr(fcntl, kind)(file, fcntl.LOCK_SH if mode == "SH" else fcntl.LOCK_EX)
    with open(order, "a") as list_of_names:
        list_of_names.write(name + "\n")
