"""Processes that write into one SQLite database.

usage: sqlite-writers.py DATABASE PROCESSES TRANSACTIONS READY GO

Each process appends a byte to the file READY when it could begin, begins when the file GO exists, and does
TRANSACTIONS transactions of one small insert with a busy timeout of 30 s. Prints when the first began and when the
last ended, in nanoseconds of CLOCK_MONOTONIC. The journal mode is that of the database.
"""
import os
import sqlite3
import sys
import time

database, processes, transactions, ready, go = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]


def write(result):
    connection = sqlite3.connect(database, timeout=30, isolation_level=None)
    connection.execute("SELECT count(*) FROM entries").fetchone()
    with open(ready, "ab", buffering=0) as file:
        file.write(b".")
    while not os.path.exists(go):
        time.sleep(0.001)
    began = time.monotonic_ns()
    for number in range(transactions):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO entries (writer, number) VALUES (?, ?)", (os.getpid(), number))
        connection.execute("COMMIT")
    os.write(result, b"%d %d\n" % (began, time.monotonic_ns()))


reading, writing = os.pipe()
children = []
for _ in range(processes):
    child = os.fork()
    if child == 0:
        write(writing)
        os._exit(0)
    children.append(child)
os.close(writing)
if any(os.waitpid(child, 0)[1] for child in children):
    sys.exit("a writer failed")
lines = open(reading).read().split("\n")[:-1]
print(min(int(line.split()[0]) for line in lines), max(int(line.split()[1]) for line in lines))
