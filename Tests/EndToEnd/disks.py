"""Disks of real processes that are full, and files that somebody has damaged."""

import contextlib
import os
import resource
import subprocess


@contextlib.contextmanager
def full_disk(server, file):
    """`file` cannot grow: every write of this process to a file of that size or more fails, as on a disk that is full."""
    hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (os.path.getsize(file), hard))
    try:
        yield
    finally:
        if server.alive:
            resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextlib.contextmanager
def small_disk(folder, size="64k"):
    """A file system of its own for a folder, gone with the block."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def read_only(folder):
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)


def fill(folder):
    """Takes all space that is left; the file that does so."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


def flip(file, place):
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
