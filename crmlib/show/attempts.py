"""What a trainee attempted, one JSON line for each check, hint and solution, in a file of the trainee's own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

MARKER: Final = ".crmlib-course"
"""Folder that says: here a trainee works. It holds what the course put there, to tell it from what the trainee wrote."""
FILE: Final = "progress.jsonl"


@dataclass(frozen=True)
class Attempts:
    """The trainee's file; without one, as in a checkout, nothing is kept."""

    file: Path | None = None

    def note(self, chapter: str, question: str, event: str, **more: Any) -> None:
        """Add a line and bring it to the disk, so that a killed kernel loses nothing. A disk that is full stops no lesson."""
        if self.file is None:
            return
        row = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "chapter": chapter, "question": question}
        line = json.dumps({**row, "event": event, **more}, ensure_ascii=False, default=str) + "\n"
        try:
            with self.file.open("ab") as file:
                torn = file.tell() and not self._ends_whole()
                file.write(("\n" if torn else "").encode() + line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            return

    def _ends_whole(self) -> bool:
        assert self.file is not None
        with self.file.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def rows(self) -> list[Mapping[str, Any]]:
        """All lines in their order; one that was torn off is left out."""
        if self.file is None or not self.file.exists():
            return []
        found: list[Mapping[str, Any]] = []
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and {"chapter", "question", "event"} <= row.keys():
                found.append(row)
        return found

    def states(self) -> dict[tuple[str, str], str]:
        """Each question attempted, by chapter and name: right where it was ever right, else as it was left last."""
        states: dict[tuple[str, str], str] = {}
        for row in self.rows():
            key, state = (row["chapter"], row["question"]), row.get("state", "")
            if row["event"] == "check" and state != "not attempted" and states.get(key) != "right":
                states[key] = state
        return states

    def last(self, chapter: str, question: str) -> Any:
        """The answer given last, where it was one of those that can be put back into the controls; else None."""
        given = [
            r.get("given")
            for r in self.rows()
            if (r["chapter"], r["question"], r["event"]) == (chapter, question, "check")
        ]
        return given[-1] if given else None


def of_folder(folder: Path) -> Attempts:
    """The attempts of whoever works in this folder: the file in the nearest place above that is a trainee's."""
    place = next((p for p in (folder, *folder.parents) if (p / MARKER).is_dir()), None)
    return Attempts(place / FILE if place else None)
