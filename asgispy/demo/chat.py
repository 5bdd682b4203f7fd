"""A chat room: what one socket says, all sockets hear, and HTTP serves the page on the same address.

Each session has an inbox and a task that empties it into its own socket. Saying something only puts a line into every
inbox, so nobody waits for a slow reader: an inbox that is full loses its oldest line. The room lives in this process;
several workers would be several rooms.

    asgispy run asgispy.demo.chat:app      and open the page in two windows
"""

import asyncio
import json
from urllib.parse import parse_qs

from asgispy.demo._basics import HTML, answer_other, respond
from asgispy.demo._pages import page
from asgispy.model.asgi import Receive, Scope, Send

INBOX_SIZE = 64
NAME_LIMIT, LINE_LIMIT = 24, 500


class Member:
    """One socket in the room."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.inbox: asyncio.Queue[str] = asyncio.Queue(INBOX_SIZE)

    def hear(self, line: str) -> None:
        if self.inbox.full():
            self.inbox.get_nowait()
        self.inbox.put_nowait(line)


class Room:
    """Everyone who is here, in the order in which they came."""

    def __init__(self) -> None:
        self.members: list[Member] = []

    def join(self, name: str) -> Member:
        member = Member(name)
        self.members.append(member)
        self.say("room", f"{name} came in")
        return member

    def leave(self, member: Member) -> None:
        self.members.remove(member)
        self.say("room", f"{member.name} left")

    def say(self, who: str, text: str) -> None:
        line = json.dumps({"who": who, "text": text, "here": len(self.members)})
        for member in self.members:
            member.hear(line)


room = Room()


def name_of(scope: Scope) -> str:
    """The name that the socket's address asks for: `?name=ada`."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return query.get("name", [""])[0].strip()[:NAME_LIMIT] or "someone"


async def deliver(member: Member, send: Send) -> None:
    """Empty the inbox into the socket, for as long as the socket takes it."""
    try:
        while True:
            await send({"type": "websocket.send", "text": await member.inbox.get()})
    except OSError:
        pass  # the client left; `listen` is told so too, and ends the session


async def listen(member: Member, receive: Receive) -> None:
    """Tell the room what this socket says, until it leaves."""
    while (message := await receive())["type"] == "websocket.receive":
        text = (message.get("text") or "").strip()[:LINE_LIMIT]
        if text:
            room.say(member.name, text)


async def session(scope: Scope, receive: Receive, send: Send) -> None:
    """One visit to the room: listening here, delivering in a task of its own."""
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    member = room.join(name_of(scope))
    delivery = asyncio.create_task(deliver(member, send))
    try:
        await listen(member, receive)
    finally:
        room.leave(member)
        delivery.cancel()
        await asyncio.wait({delivery})  # so that nothing is sent after the session's end


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The room for WebSockets, its page for HTTP."""
    if scope["type"] == "websocket":
        await session(scope, receive, send)
    elif scope["type"] == "http":
        await respond(send, 200, HTML, page("Chat room", BODY, SCRIPT))
    else:
        await answer_other(scope, receive, send)


BODY = """
<p>You are <b id="name"></b>. <span id="here">Connecting …</span></p>
<ul class="card" id="lines"></ul>
<form><input id="text" placeholder="Say something" maxlength="500" autocomplete="off" autofocus></form>
"""

# What others say is put in as text, never as HTML.
SCRIPT = """
const find = id => document.getElementById(id);
const names = ["Wren", "Finch", "Robin", "Heron", "Martin", "Lark"];
const name = names[Math.floor(Math.random() * names.length)] + Math.floor(Math.random() * 90 + 10);
find("name").textContent = name;
let socket;

function show({who, text, here}) {
  const line = document.createElement("li");
  const speaker = document.createElement(who === "room" ? "small" : "b");
  speaker.textContent = who + " ";
  line.append(speaker, text);
  find("lines").append(line);
  while (find("lines").children.length > 200) find("lines").firstChild.remove();
  line.scrollIntoView({block: "nearest"});
  find("here").textContent = here === 1 ? "Nobody else is here." : here + " are here.";
}

function connect() {
  const address = location.origin.replace(/^http/, "ws") + location.pathname;
  socket = new WebSocket(address + "?name=" + encodeURIComponent(name));
  socket.onmessage = event => show(JSON.parse(event.data));
  socket.onclose = () => { find("here").textContent = "Connecting …"; setTimeout(connect, 1000); };
}

document.forms[0].onsubmit = event => {
  event.preventDefault();
  if (find("text").value && socket.readyState === WebSocket.OPEN) {
    socket.send(find("text").value);
    find("text").value = "";
  }
};
connect();
"""
