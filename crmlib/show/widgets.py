"""Sliders around a headless function: a kernel that listens redraws the card, a page without one keeps it as it was."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import ipywidgets
import pandas as pd

from crmlib.show.findings import FINDINGS_MIME, payload
from crmlib.vocabulary.labels import label


def what_if(
    draw: Callable[..., tuple[str, pd.DataFrame]], **sliders: tuple[float, float, float, float]
) -> dict[str, Any]:
    """A display bundle of a slider per keyword (least, most, step, start) over `draw(**values) -> (HTML, findings)`.

    The bundle holds the widget for Jupyter and Voila, and the card at the start values as HTML for everything else.
    """
    html, findings = draw(**{name: start for name, (_least, _most, _step, start) in sliders.items()})
    shown = ipywidgets.HTML(value=html)
    controls = {
        name: ipywidgets.FloatSlider(
            value=start,
            min=least,
            max=most,
            step=step,
            description=label(name),
            continuous_update=False,
            style={"description_width": "initial"},
            layout={"width": "min(100%, 34rem)"},
            readout_format=f".{_decimals(step)}f",
        )
        for name, (least, most, step, start) in sliders.items()
    }

    def redraw(_change: object) -> None:
        shown.value = draw(**{name: control.value for name, control in controls.items()})[0]

    for control in controls.values():
        control.observe(redraw, names="value")
    box = ipywidgets.VBox([*controls.values(), shown])
    bundle: dict[str, Any] = dict(box._repr_mimebundle_())
    return {**bundle, "text/html": html, FINDINGS_MIME: payload(findings)}


def _decimals(step: float) -> int:
    """Decimals that a slider's steps need: 5 moves by whole numbers, 0.05 by hundredths."""
    return max(0, -int(Decimal(str(step)).normalize().as_tuple().exponent))
