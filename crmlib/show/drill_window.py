"""The controls of the crisis drill: clock, messages, what to write and to whom, and what it came to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, ClassVar, Final

import ipywidgets

from crmlib.show import drill_page as page
from crmlib.show.drill import Drill
from crmlib.show.incidents import ADDRESSEES, SPEED
from crmlib.vocabulary import language as _language
from crmlib.vocabulary.language import _, number

BROAD: Final = {"width": "min(100%, 44rem)"}
SPEEDS: Final = (6.0, SPEED, 30.0)
"""Minutes of the drill in a minute of the room, to choose from."""
TICK: Final = 1.0
"""Seconds after which a running clock is drawn anew."""


class Window:
    """The widgets around a drill. They are drawn anew by each button, and by the clock while it runs."""

    _ticking: ClassVar[dict[str, asyncio.Task[None]]] = {}

    def __init__(self, drill: Drill, language: str) -> None:
        self.drill, self.language = drill, language
        self.head, self.posts = ipywidgets.HTML(), ipywidgets.HTML()
        self.said, self.result = ipywidgets.HTML(), ipywidgets.HTML()
        self.to = ipywidgets.Dropdown(
            options=[(_(text), code) for code, text in ADDRESSEES.items()],
            value="customers",
            description=_("To"),
            layout=BROAD,
        )
        self.text = ipywidgets.Textarea(rows=6, placeholder=_("What you write"), layout=BROAD)
        self.speed = ipywidgets.Dropdown(
            options=[(_("{n} minutes in a minute").format(n=number(speed)), speed) for speed in SPEEDS],
            value=SPEED,
            description=_("Clock"),
            layout={"width": "18rem"},
        )
        self.begin = self._button(_("Begin"), self._begin, "primary")
        self.send = self._button(_("Send"), self._send, "primary")
        self.pause = self._button(_("Pause"), self.drill.pause)
        self.onward = self._button(_("To the next message"), self.drill.onward)
        self.end = self._button(_("End and score"), self.drill.end)
        self.speed.observe(lambda change: self.drill.clock.go_at(float(change["new"])), names="value")
        drill.clock.speed = SPEED

    def bundle(self) -> dict[str, Any]:
        """The display bundle of the widgets, with the drill as it stands."""
        clock = ipywidgets.HBox(
            [self.begin, self.pause, self.onward, self.end, self.speed], layout={"flex_flow": "row wrap"}
        )
        self.writing = ipywidgets.VBox([self.to, self.text, self.send])
        opening = ipywidgets.HTML(value=page.opening(self.drill.incident, self.drill.company))
        box = ipywidgets.VBox([opening, self.head, self.posts, self.said, self.writing, clock, self.result])
        self.draw()
        self._tick()
        return dict(box._repr_mimebundle_())

    def draw(self) -> None:
        """Bring what is seen to where the drill stands."""
        with _language.using(self.language, self.drill.company.currency):
            drill = self.drill
            drill.look()
            self.head.value, self.posts.value = page.head(drill), page.posts(drill)
            self.result.value = (
                page.verdict(drill.incident, drill.company, drill.scored) if drill.scored is not None else ""
            )
            running = drill.begun and not drill.over
            self.begin.description = _("Begin anew") if drill.begun else _("Begin")
            self.begin.layout.display = "none" if running else ""
            self.pause.description = _("Pause") if drill.clock.running else _("Go on")
            for widget in (self.pause, self.onward, self.end, self.speed, self.writing):
                widget.layout.display = "" if running else "none"

    def _button(self, text: str, does: Any, style: str = "") -> ipywidgets.Button:
        made = ipywidgets.Button(description=text, button_style=style, layout={"width": "auto"})

        def pressed(_button: object) -> None:
            with _language.using(self.language, self.drill.company.currency):
                self.said.value = ""
                does()
                self.draw()

        made.on_click(pressed)
        return made

    def _begin(self) -> None:
        self.drill.begin()
        self._tick()

    def _send(self) -> None:
        refused = self.drill.send(self.to.value, self.text.value)
        self.said.value = f'<p class="crm-note">{refused}</p>' if refused else ""
        if not refused:
            self.text.value = ""

    def _tick(self) -> None:
        """Draw the clock anew each second where there is a kernel to do so; one window of an incident at a time."""
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            before = self._ticking.pop(self.drill.incident.name, None)
            if before is not None:
                before.cancel()
            self._ticking[self.drill.incident.name] = loop.create_task(self._run())

    async def _run(self) -> None:
        while not self.drill.over:
            await asyncio.sleep(TICK)
            if self.drill.clock.running:
                self.draw()
