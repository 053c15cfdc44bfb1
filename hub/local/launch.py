"""Become another program, as an ordinary user if asked, that ends when the process that asked for it ends.

Run as a script between the parent and the program. It does after `exec` what `preexec_fn` would do in a forked copy of a
process full of threads, where it may deadlock. Imports nothing of the hub: it must start at once.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: str, death_signal: str, user: str, *command: str) -> None:
    """Drop to `uid:gid` unless that is empty, tie this process to its parent, then run the command."""
    if user:
        uid, gid = (int(number) for number in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # Changing user clears it, so it comes after. The kernel keeps it through exec.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.Signals[death_signal].value, 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("the parent ended first")
    os.execv(command[0], command)  # noqa: S606  # no shell is the point


if __name__ == "__main__":
    main(*sys.argv[1:])
