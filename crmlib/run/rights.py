"""The commands for what customers may ask: export, forget, and an audit of what is held."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crmlib.run.arguments import CompanyFile, DataFolder, Reviews
from crmlib.vocabulary.errors import require

CustomerId = Annotated[
    str, typer.Argument(metavar="ID", help="The company's own id of the customer, of any of their records.")
]


def export(
    company: CompanyFile,
    customer: CustomerId,
    to: Annotated[
        Path, typer.Option(metavar="FOLDER|FILE.zip", help="Where the answer is written; not among the reviews.")
    ],
    out: Reviews = Path("reviews"),
    data: DataFolder = None,
) -> None:
    """Write all that is held of one customer, for the customer (PIPL 45, GDPR 15, 20).

    Example: crmlib export shop/company.toml K-0042 --to answer.zip
    """
    require("notebooks")
    from crmlib.run.answer import export as answer

    answer(company, customer, to, out=out, data=data)


def forget(
    company: CompanyFile,
    customer: CustomerId,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; without this it is only listed.")] = False,
    readmit: Annotated[
        bool, typer.Option("--readmit", help="Let a forgotten record come back from your files.")
    ] = False,
    out: Reviews = Path("reviews"),
    data: DataFolder = None,
) -> None:
    """Remove every trace of a customer from all reviews, and keep them out of later ones (PIPL 47, GDPR 17).

    Your own files are not touched. Example: crmlib forget shop/company.toml K-0042 --yes
    """
    require("notebooks")
    from crmlib.run import forget as forgetting

    if readmit:
        return forgetting.readmit(company, customer)
    forgetting.forget(company, customer, out=out, data=data, yes=yes)


def audit(
    company: CompanyFile,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write it there; by default it is printed.")
    ] = None,
    out: Reviews = Path("reviews"),
) -> None:
    """Say what is held of customers, what for, how long and who may see it; counts, no values (PIPL 54, 55, GDPR 30).

    Example: crmlib audit shop/company.toml --to audit.md
    """
    require("notebooks")
    from crmlib.run.answer import audit as told

    told(company, out=out, to=to)
