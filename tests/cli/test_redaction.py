import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddesk.cli.redaction import SHORTEST, Redactor

pytestmark = pytest.mark.quick

HOME = Path("/home/anna")
prompts = st.lists(st.text(st.characters(exclude_characters="[]~\r"), max_size=200), max_size=4)


def clean(text: str, *, words: tuple[str, ...] = (), secrets: tuple[str, ...] = (), home: Path = HOME) -> str:
    return Redactor(home, secrets, words).clean(text)


def test_a_home_directory_is_written_as_its_short_form() -> None:
    assert clean("can't read /home/anna/models/x.gguf") == "can't read ~/models/x.gguf"


def test_of_a_home_that_is_a_link_its_target_is_no_less_private(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "home").symlink_to("real")
    assert clean(f"{tmp_path}/real/x {tmp_path}/home/x", home=tmp_path / "home") == "~/x ~/x"


def test_a_program_without_a_home_keeps_its_paths() -> None:
    assert clean("/usr/bin", home=Path("/")) == "/usr/bin"


def test_a_windows_path_is_found_as_json_quotes_it() -> None:
    assert clean(r'{"dir": "C:\\Users\\Anna\\ddesk"}', home=Path(r"C:\Users\Anna")) == r'{"dir": "~\\ddesk"}'


def test_what_was_written_is_found_in_the_midst_of_a_line() -> None:
    assert clean("bad token in 'a blue robot' here", words=("a blue robot",)) == "bad token in '[private]' here"


def test_each_line_of_it_is_found_by_itself() -> None:
    assert clean("x\nsecond line\ny", words=("first line\n second line ",)) == "x\n[private]\ny"


def test_it_is_found_as_python_and_json_quote_it() -> None:
    words = 'she said "hello" to\tthe café'
    for quoted in (repr(words), json.dumps(words), json.dumps(words, ensure_ascii=False)):
        assert "hello" not in clean(f"wrong: {quoted}", words=(words,))


def test_it_is_found_where_a_log_has_cut_it_off() -> None:
    words = "a long sentence about a lighthouse, a storm and the keeper's daughter, painted in oil"
    left = clean(f"wrong: {words[:60]}", words=(words,))
    assert len(left) < len("wrong: [private]") + 20 + 1


def test_what_is_too_short_to_be_told_from_other_words_stays() -> None:
    assert clean("the worker ended", words=("worker",)) == "the worker ended"


def test_a_secret_is_told_from_a_persons_words() -> None:
    assert clean("Bearer 0123456789abcdef", secrets=("0123456789abcdef\n",)) == "Bearer [secret]"


@given(prompts, st.text())
def test_whatever_was_written_is_in_no_text(words: list[str], around: str) -> None:
    text = around.join(words)
    cleaned = Redactor(HOME, (), words).clean(text)
    lines = [line.strip() for each in words for line in each.splitlines()]
    assert [line for line in lines if len(line) >= SHORTEST and line in cleaned] == []
