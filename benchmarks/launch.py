"""Run a program and print how long it took and how much memory it had at most, as JSON, when it has ended.

The kernel counts what a process was before it became another program, too: started by a large process, every program
seems to be as large. So this small one stands between, and imports nothing that would make it large.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the program that the arguments after the first name; the first is the file for what it prints."""
    output, *command = sys.argv[1:]
    begin = time.monotonic()
    process = os.fork()
    if process == 0:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, 1)
        os.dup2(file, 2)
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    _pid, status, used = os.wait4(process, 0)
    ended = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - begin,
        # The kernel counts in units of 1,024 bytes.
        "most_megabytes": used.ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(ended) + "\n")


if __name__ == "__main__":
    main()
