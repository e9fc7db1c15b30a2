"""A small client of pyright's language server: what an editor would show at a place in a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["MARK", "LanguageServer"]

MARK = "▮"
"""Stands in a text where the cursor is; it can't occur in code."""


class LanguageServer:
    """Pyright's language server over its standard streams, for files below a folder.

    Args:
        folder: the workspace; a ``pyrightconfig.json`` in it is honoured.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._files = 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        place = {"rootUri": folder.as_uri(), "workspaceFolders": [{"uri": folder.as_uri(), "name": "w"}]}
        self._ask("initialize", {"processId": None, "capabilities": {}, **place})
        self._tell("initialized", {})

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ask("shutdown", None)
        self._tell("exit", None)
        self._server.communicate(timeout=20)

    def completions(self, text: str) -> list[str]:
        """The labels that are offered at the mark, in the order of the list."""
        answer = self._at_mark("textDocument/completion", text)
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return [item["label"] for item in sorted(items, key=lambda item: item.get("sortText", item["label"]))]

    def hover(self, text: str) -> str:
        """What is shown for the name at the mark."""
        answer = self._at_mark("textDocument/hover", text)
        return str(answer["contents"]["value"]) if answer else ""

    def problems(self, text: str) -> list[str]:
        """What is said of a file when it is opened, once it was checked."""
        uri = self._open(text)
        while True:
            message = self._read()
            if message.get("method") == "textDocument/publishDiagnostics":
                if message["params"]["uri"] == uri:
                    return [problem["message"] for problem in message["params"]["diagnostics"]]
            elif "method" in message:
                self._answer(message)

    def _open(self, text: str) -> str:
        self._files += 1
        uri = (self._folder / f"text{self._files}.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def _at_mark(self, method: str, text: str) -> Any:
        before, _, after = text.partition(MARK)
        uri = self._open(before + after)
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self._ask(method, {"textDocument": {"uri": uri}, "position": place})

    def _ask(self, method: str, params: Any) -> Any:
        self._number += 1
        self._write({"id": self._number, "method": method, "params": params})
        while True:
            message = self._read()
            if "method" in message:  # the server asks for its settings: it gets none
                self._answer(message)
            elif message.get("id") == self._number:
                return message.get("result")

    def _answer(self, message: dict[str, Any]) -> None:
        if "id" in message:
            items = (message.get("params") or {}).get("items", [])
            self._write({"id": message["id"], "result": [None for _ in items] or None})

    def _tell(self, method: str, params: Any) -> None:
        self._write({"method": method, "params": params})

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._server.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        length = 0
        while (line := self._server.stdout.readline().strip()) or not length:
            if not line and self._server.poll() is not None:
                raise EOFError("the language server ended")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return dict(json.loads(self._server.stdout.read(length)))
