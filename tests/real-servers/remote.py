"""A small server of the Python SDK, over stdio or Streamable HTTP: `remote.py stdio|sse|json [PORT]`."""

import sys

from mcp.server import MCPServer

server = MCPServer("remote-notes", instructions="Keep notes, — ünïcode and all.")


@server.tool()
def add_note(title: str, text: str, tags: list[str] | None = None) -> str:
    """Adds a note.

    Several lines, so that a description has line ends."""
    return f"{title}: {text} {tags}"


@server.resource("note:///welcome")
def welcome() -> str:
    """The first note."""
    return "Welcome."


@server.prompt()
def summarise(title: str) -> str:
    """Summarises a note."""
    return f"Summarise {title}."


if sys.argv[1] == "stdio":
    server.run()
else:
    server.run("streamable-http", port=int(sys.argv[2]), json_response=sys.argv[1] == "json")
