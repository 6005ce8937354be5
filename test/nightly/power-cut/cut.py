"""Cuts the power of the file system that each line of the input names, and answers."""

import fcntl
import os
import struct
import sys

SHUTDOWN = 0x8004587D  # the ioctl of XFS, which ext4 has taken over
WITHOUT_FLUSHING_THE_LOG = 2

for line in sys.stdin:
    fd = os.open(line.rstrip("\n"), os.O_RDONLY)
    fcntl.ioctl(fd, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING_THE_LOG))
    os.close(fd)
    print("cut", flush=True)
