"""sqlite.py DATABASE TRANSACTIONS WRITER: adds to the one sum and to a log, in as many transactions."""
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
database.execute("pragma synchronous=off")
for number in range(int(sys.argv[2])):
    database.execute("begin immediate")
    database.execute("update sum set value = value + 1")
    database.execute("insert into log values (?, ?)", (int(sys.argv[3]), number))
    database.execute("commit")
