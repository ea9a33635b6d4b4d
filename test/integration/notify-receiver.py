"""Receives what services tell their service manager: one JSON line [pid, message] for each datagram.

usage: notify-receiver.py NAME    a path, or an abstract name behind "@"
"""
import json
import socket
import struct
import sys

name = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
receiver.bind("\0" + name[1:] if name.startswith("@") else name)
print(json.dumps([0, "listening"]), flush=True)
while True:
    message, ancillary, _, _ = receiver.recvmsg(65536, socket.CMSG_SPACE(struct.calcsize("3i")))
    pid, _, _ = struct.unpack("3i", ancillary[0][2])
    print(json.dumps([pid, message.decode()]), flush=True)
