"""The words of company.toml are told from one source, and every example of it loads."""

import json
import tomllib
from pathlib import Path

import pytest

from crmlib.border.company import Description, Join, Source, load_description
from crmlib.border.language_of_mapping import HEAD, WORDS, Word
from crmlib.border.proposal.heading import SCHEMA
from crmlib.run.cli import main
from crmlib.run.dictionary import COMPANY_TARGET, SCHEMA_TARGET
from crmlib.run.explain import document, schema
from crmlib.vocabulary.policy import Section
from crmlib.vocabulary.schema import TABLES

ORDERS = '[orders]\nfrom = "orders.csv"\n[orders.fields]\norder_id = "a"\ncustomer_id = "b"\nordered_at = "c"\namount = "d"\n'
READY = sorted((Path(__file__).parent.parent / "datasets" / "companies").glob("*/company.toml"))


def whole(word: Word) -> str:
    """The example of a word as a company file."""
    if word.of != "company":
        return HEAD + word.example
    return word.example + "\n" + "".join(f"{x}\n" for x in HEAD.splitlines() if not x.startswith(word.name)) + ORDERS


@pytest.mark.parametrize("word", WORDS, ids=lambda w: f"{w.of}-{w.name}")
def test_every_example_is_a_company_file_that_uses_its_word(tmp_path: Path, word: Word) -> None:
    (tmp_path / "company.toml").write_text(whole(word), encoding="utf-8")
    load_description(tmp_path)
    assert f"{word.name}" in word.example


def written(text: str) -> object:
    """A company file as an editor sees it: days are texts."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def names(model: type[Section]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_every_word_of_the_language_is_explained_and_no_other() -> None:
    told = {part: {w.name for w in WORDS if w.of == part} for part in ("company", "source", "join")}
    assert told["company"] == names(Description) - set(TABLES)
    assert told["source"] == names(Source)
    assert told["join"] == names(Join) - names(Source)


def test_the_document_and_the_schema_are_made_from_the_code() -> None:
    assert COMPANY_TARGET.read_text(encoding="utf-8") == document(), "run `make dictionary`"
    assert SCHEMA_TARGET.read_text(encoding="utf-8") == schema(), "run `make dictionary`"
    assert SCHEMA_TARGET.name == SCHEMA


@pytest.mark.parametrize("file", READY, ids=lambda p: p.parent.name)
def test_editors_accept_what_loads(file: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(tomllib.loads(file.read_text(encoding="utf-8")), json.loads(schema()))


def test_editors_refuse_a_field_that_no_table_has() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    judge = jsonschema.Draft202012Validator(json.loads(schema()))
    for word in WORDS:
        assert not list(judge.iter_errors(written(whole(word)))), word.name
    assert list(judge.iter_errors(tomllib.loads(HEAD + ORDERS.replace("order_id", "order_number"))))


@pytest.mark.parametrize(
    ("asked", "said"), [([], "unpivot"), (["take"], "[[orders.join]]"), (["tickets"], "first_response_at")]
)
def test_words_and_tables_are_explained(capsys: pytest.CaptureFixture[str], asked: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(["explain", *asked])
    assert (left.value.code, said in capsys.readouterr().out) == (0, True)


def test_a_word_that_is_none_is_one_line_with_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["explain", "unpivott"])
    assert (left.value.code, "did you mean 'unpivot'" in capsys.readouterr().err) == (2, True)
