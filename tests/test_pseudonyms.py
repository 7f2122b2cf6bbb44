import hmac
import stat
from base64 import b32encode
from hashlib import sha256
from pathlib import Path

import pytest

from crmlib.border.pseudonyms import PseudonymError, key, pseudonyms


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = key(tmp_path)
    file = tmp_path / ".crmlib" / "key"
    assert key(tmp_path) == first
    assert len(first) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [f.name for f in sorted(file.parent.iterdir())] == [".gitignore", "key"]


def test_two_companies_have_two_keys(tmp_path: Path) -> None:
    assert key(tmp_path / "a") != key(tmp_path / "b")


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    key(tmp_path)
    (tmp_path / ".crmlib" / "key").write_text("abc", encoding="ascii")
    with pytest.raises(PseudonymError, match="64 hexadecimal digits"):
        key(tmp_path)


def test_a_pseudonym_is_the_keyed_hash_and_differs_by_kind_and_key() -> None:
    secret = bytes(range(32))
    expected = "c" + b32encode(hmac.new(secret, "customer:张伟-1".encode(), sha256).digest()).decode().lower()[:12]
    assert pseudonyms(secret, "customer", ["张伟-1"]) == [expected]
    assert pseudonyms(secret, "owner", ["张伟-1"])[0][0] == "o"
    assert pseudonyms(secret, "owner", ["张伟-1"])[0][1:] != expected[1:]
    assert pseudonyms(bytes(32), "customer", ["张伟-1"]) != [expected]


def test_many_ids_stay_different() -> None:
    codes = pseudonyms(bytes(32), "customer", (str(i) for i in range(20_000)))
    assert len(set(codes)) == 20_000
    assert all(len(c) == 13 and c.isalnum() for c in codes)
