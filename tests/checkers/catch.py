#!/usr/bin/env python3
"""Takes mail by SMTP on a free port of this machine and keeps each message as a file, byte for byte.

    catch.py DIR

Prints the port, then serves until it is ended. It refuses nothing and understands as little of SMTP as its one client needs.
"""

import asyncio
import sys
from pathlib import Path


async def converse(reader, writer, folder, count=[0]):
    def say(line):
        writer.write(line.encode() + b"\r\n")

    say("220 catch.example.org")
    while line := await reader.readline():
        word = line.split(b" ")[0].strip().upper()
        if word == b"EHLO":
            say("250-catch.example.org\r\n250 PIPELINING")
        elif word == b"DATA":
            say("354 go on")
            await writer.drain()
            lines = []
            while (line := await reader.readline()) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b".") else line)
            count[0] += 1
            part = folder / f"{count[0]:03}.part"
            part.write_bytes(b"".join(lines))
            part.rename(part.with_suffix(".eml"))
            say("250 kept")
        elif word == b"QUIT":
            say("221 bye")
            break
        else:
            say("250 ok")
        await writer.drain()
    writer.close()


async def main(folder):
    server = await asyncio.start_server(lambda r, w: converse(r, w, folder), "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(Path(sys.argv[1])))
