# A server on PyPI's websockets that echoes.
#
# Usage: python3 websockets_echo_server.py [--port N] [--compression JSON]
# With --port 0 the system chooses one. The JSON holds the arguments of
# ServerPerMessageDeflateFactory. After the text "in N fragments" the next
# message is echoed so, with a ping after each, and "N pongs" follows when all
# are answered. It ends when its input does.
import argparse
import asyncio
import json
import re
import sys

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def converse(socket):
    extensions = socket.response.headers.get("Sec-WebSocket-Extensions")
    print(f"extensions: {extensions or 'none'}", flush=True)
    fragments = 1
    async for message in socket:
        command = isinstance(message, str) and re.fullmatch(r"in (\d+) fragments", message)
        if command:
            fragments = int(command[1])
        elif fragments == 1:
            await socket.send(message)
        else:
            await echo_in_fragments(socket, message, fragments)
            fragments = 1
    print(f"closed: {socket.close_code} {socket.close_reason}", flush=True)


async def echo_in_fragments(socket, message, count):
    text = isinstance(message, str)
    payload = message.encode() if text else message
    size = -(-len(payload) // count)
    pongs = []

    async def parts():
        for start in range(0, count * size, size):
            yield payload[start : start + size]
            pongs.append(await socket.ping())

    await socket.send(parts(), text=text)
    await asyncio.gather(*pongs)
    await socket.send(f"{count} pongs")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=3000)
    parser.add_argument("--compression", type=json.loads)
    arguments = parser.parse_args()
    extensions = []
    if arguments.compression is not None:
        extensions.append(ServerPerMessageDeflateFactory(**arguments.compression))
    async with serve(
        converse,
        "127.0.0.1",
        arguments.port,
        compression=None,
        extensions=extensions,
        max_size=None,
    ) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}", flush=True)
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
