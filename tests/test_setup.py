"""Set-up says the same everywhere: pyproject, conda's environment, the locks, the Makefile and the README."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from crmlib.run import making
from crmlib.vocabulary import errors

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CORE, EXTRAS = PROJECT["dependencies"], PROJECT["optional-dependencies"]
RUN = CORE + [
    r for extra in ("notebooks", "publish", "databases", "setup") for r in EXTRAS[extra] if "crmlib[" not in r
]
"""What a review, its publishing and the lab are run with."""
TEST = EXTRAS["test"] + [r for r in EXTRAS["class"] if "crmlib[" not in r]
"""What tests are run with beside: their own packages, and those of a trainer alone."""
CONDA_NAMES = {"duckdb": "python-duckdb", "ibis-framework": "ibis-duckdb"}
NAMED = {"jupyterlab", "ipywidgets", "voila", "pandas", "seaborn", "scikit-learn", "nbval", "papermill"}


def split(requirement: str) -> tuple[str, str]:
    name, specifier = re.fullmatch(r"([A-Za-z0-9_-]+)(?:\[[^\]]*\])?(.*)", requirement).groups()
    return name, specifier


def test_environment_yml_has_the_versions_of_pyproject() -> None:
    lines = re.findall(r"^\s+- (?!conda-forge|pip:?$|-e)(\S+)$", (ROOT / "environment.yml").read_text(), flags=re.M)
    checking = [r for r in EXTRAS["test"] if r.startswith("nbval")]
    wanted = {CONDA_NAMES.get(name, name) + specifier for name, specifier in map(split, RUN + checking)}
    assert set(lines) == wanted | {"python" + PROJECT["requires-python"]}
    assert len(lines) == len(set(lines))


def test_what_is_run_with_has_a_version_from_and_one_up_to() -> None:
    for requirement in RUN + EXTRAS["class"][1:]:
        assert re.search(r"==|>=[\d.]+,<\d", requirement), requirement


def test_nothing_of_jupyter_is_in_the_core_and_the_extras_are_the_ones_that_errors_name() -> None:
    of_extras = {split(r)[0] for extra in errors.EXTRAS for r in EXTRAS[extra]} - {"crmlib"}
    assert not {split(r)[0] for r in CORE} & of_extras
    named = {name.replace("_", "-") for modules in errors.EXTRAS.values() for name in modules}
    assert named == of_extras
    assert set(EXTRAS) == {*errors.EXTRAS, "setup", "test"}


def test_the_fixed_packages_are_direct_dependencies_and_really_imported() -> None:
    assert {split(r)[0] for r in RUN + EXTRAS["test"]} >= NAMED
    text = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "crmlib").rglob("*.py"))
    text += (ROOT / "Makefile").read_text()
    for name in NAMED - {"scikit-learn"}:
        assert name in text, f"{name} is not used"
    assert "sklearn" in text, "scikit-learn is not used"


def test_every_direct_dependency_is_locked_with_hashes_and_no_lock_names_a_host() -> None:
    for lock, wanted in (("requirements.lock", RUN), ("requirements-test.lock", RUN + TEST)):
        text = (ROOT / lock).read_text()
        for name in {split(r)[0].lower().replace("_", "-") for r in wanted}:
            assert re.search(rf"^{name}(\[[^\]]*\])?==\S+.*\\\n\s+--hash=sha256:", text, flags=re.M), (
                f"{name} not in {lock}"
            )
        assert "://" not in text
        assert "index-url" not in text


def test_the_two_locks_agree() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), flags=re.M))

    assert pins("requirements.lock") <= pins("requirements-test.lock")


def test_make_alone_lists_every_target_and_only_such() -> None:
    said = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make (\S+)", said, flags=re.M)
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.M)[1].split()
    assert set(listed) | {"help"} == set(phony)
    assert set(listed) >= {"review", "test", "lab", "voila", "data", "check", "bench", "clean"}


@pytest.mark.parametrize("guide", ["README.md", "CONTRIBUTING.md"])
def test_the_guides_name_only_targets_that_exist(guide: str) -> None:
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.M)[1].split())
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / guide).read_text(encoding="utf-8"), flags=re.M))
    assert len(named) > 2
    assert named <= targets


def test_the_readme_names_only_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    from typer.main import get_command

    from crmlib.run.cli import app

    commands = set(get_command(app).commands)
    named = set(
        re.findall(
            r"\bcrmlib ([a-z]+)\b",
            re.sub(r"crmlib\.\S+", "", "\n".join(re.findall(r"```(?:sh)?\n(.*?)```", readme, flags=re.S))),
        )
    )
    assert named <= commands
    assert named >= {"init", "check", "review"}


def test_the_picture_in_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size > 10_000


# Without make


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What would be run, in a checkout that is not set up, without uv on the path; all of it ends well."""
    ran: list[list[str]] = []

    def run(command: list[str], **_given: object) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        (tmp_path / ".venv").mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, 0)

    for name in ("requirements.lock", "requirements-test.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    monkeypatch.setattr(making, "ROOT", tmp_path)
    monkeypatch.setattr("subprocess.run", run)
    monkeypatch.setattr("shutil.which", lambda _name: None)
    return ran


def test_what_is_set_up_is_set_up_once_and_by_its_hashes(commands: list[list[str]]) -> None:
    assert making.made(["review"]) == 0
    assert [command[1:3] for command in commands] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"], ["-m", "crmlib"]]
    assert {"--require-hashes", "requirements.lock"} <= set(commands[1])
    commands.clear()
    assert making.made(["setup"]) == 0
    assert commands == []
    assert making.made(["setup", "--test"]) == 0
    assert "requirements-test.lock" in commands[1]


def test_a_step_that_fails_ends_what_was_asked_and_leaves_it_to_be_done(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing = subprocess.CompletedProcess([], 7)
    monkeypatch.setattr("subprocess.run", lambda command, **_given: commands.append(command) or failing)
    assert making.made(["test"]) == 7
    assert len(commands) == 1
    assert not (tmp_path / ".venv" / ".test").exists()


def test_another_command_is_the_command_lines_where_its_packages_are(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert making.made(["review", "a/company.toml"]) is None
    monkeypatch.setattr(making, "find_spec", lambda _name: None)
    assert making.made(["check", "a/company.toml"]) == 2
    assert "python -m crmlib setup" in capsys.readouterr().err
    for there in ("bin/python", "Scripts/python.exe"):
        (tmp_path / ".venv" / there).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv" / there).touch()
    assert making.made(["check", "a/company.toml"]) == 0
    assert commands == [[str(making._python()), "-m", "crmlib", "check", "a/company.toml"]]


def test_an_older_python_is_told_which_one_is_needed(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(making, "OLDEST", (4, 0))
    assert making.made(["setup"]) == 2
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err
    assert commands == []


def test_setting_up_needs_no_package() -> None:
    loaded = "{m.partition('.')[0] for m in sys.modules} - sys.stdlib_module_names"
    code = f"import sys; from crmlib.run import making; print(sorted({loaded}))"
    said = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(said.stdout)) <= {"__main__", "crmlib", "rfc3987_syntax"}
