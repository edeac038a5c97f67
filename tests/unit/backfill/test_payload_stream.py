"""Files of any size are read piece by piece, each with its line, from any place where a piece ended."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.cli.gateway import payload_stream
from brain.cli.gateway.payload_stream import pieces
from brain.domain.feeds.field_maps import FieldMap
from brain.errors import InvalidInputError
from brain.services.gateway.backfill import FilePosition

START = FilePosition()
ROWS = [{"n": n, "text": f'zwölf, [€] "{n}"\n'} for n in range(40)]
KINDS = {
    "lines": ("\n".join(json.dumps(row) for row in ROWS) + "\n").encode(),
    "lines with gaps": ("\n\n" + "\r\n\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)).encode(),
    "array": json.dumps(ROWS, ensure_ascii=False).encode(),
    "pretty array": json.dumps(ROWS, indent=2).encode(),
    "array after a mark": b"\xef\xbb\xbf " + json.dumps(ROWS).encode(),
    "arrays one after the other": (json.dumps(ROWS[:7]) + "\n" + json.dumps(ROWS[7:])).encode(),
    "arrays in an array": json.dumps([ROWS[:7], ROWS[7:]]).encode(),
}


def written(folder: Path, body: bytes, name: str = "history.json") -> Path:
    """Write a file and return it."""
    file = folder / name
    file.write_bytes(body)
    return file


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk", [7, 4096])
def test_every_kind_of_json_file_gives_the_same_payloads(tmp_path, monkeypatch, kind, chunk):
    """However the pieces fall into what is read at once."""
    monkeypatch.setattr(payload_stream, "CHUNK_BYTES", chunk)
    file = written(tmp_path, KINDS[kind])
    assert [piece.payload for piece in pieces(file, None, START)] == ROWS


@pytest.mark.parametrize("kind", KINDS)
def test_reading_goes_on_from_any_place_where_a_piece_ended(tmp_path, kind):
    """With the same payloads, lines and places as without the pause."""
    file = written(tmp_path, KINDS[kind])
    all_payloads = list(pieces(file, None, START))
    for n in range(0, len(all_payloads), 7):
        assert list(pieces(file, None, all_payloads[n].end)) == all_payloads[n + 1 :]


def test_pieces_name_the_line_at_which_they_begin(tmp_path):
    """In lines, and in arrays that are printed over many."""
    lines = written(tmp_path, b'\n{"a":1}\n\n{"a":2}\n', "lines.jsonl")
    assert [piece.line for piece in pieces(lines, None, START)] == [2, 4]
    pretty = written(tmp_path, b'[\n  {\n   "a": 1\n  },\n\n  {"a": 2}\n]\n')
    assert [piece.line for piece in pieces(pretty, None, START)] == [2, 6]


def test_a_bad_line_is_told_with_its_bytes_and_the_others_are_read(tmp_path):
    """Broken, no UTF-8, or a name twice."""
    file = written(tmp_path, b'{"a":1}\n{"a":\n{"a":"\xff"}\n{"a":1,"a":2}\n{"a":2}', "lines.jsonl")
    payloads = list(pieces(file, None, START))
    assert [isinstance(piece.payload, InvalidInputError) for piece in payloads] == [False, True, True, True, False]
    assert payloads[1].raw == b'{"a":\n'
    assert "line 3" in payloads[2].payload.message


def test_behind_a_broken_value_of_an_array_nothing_can_be_read(tmp_path):
    """That is told, with the line."""
    file = written(tmp_path, b'[{"a":1},\n{"a":2},\n{"a" 3},\n{"a":4}]')
    first, second, broken = pieces(file, None, START)
    assert [first.payload, second.payload] == [{"a": 1}, {"a": 2}]
    assert "line 3" in broken.payload.message
    assert broken.raw.startswith(b'{"a" 3}')


def test_a_single_object_over_many_lines_is_one_payload(tmp_path):
    """A provider's page."""
    page = {"rows": ROWS}
    file = written(tmp_path, json.dumps(page, indent=1).encode())
    assert [piece.payload for piece in pieces(file, None, START)] == [page]


def test_a_line_that_is_too_long_for_a_payload_is_passed_over(tmp_path, monkeypatch):
    """Memory holds its beginning alone, and the next line is found."""
    monkeypatch.setattr(payload_stream, "MAX_PIECE_BYTES", 100)
    file = written(tmp_path, b'{"a":1}\n{"a":"' + b"x" * 1000 + b'"}\n{"a":2}\n{"a":"' + b"x" * 300, "lines.jsonl")
    payloads = list(pieces(file, None, START))
    assert [piece.line for piece in payloads] == [1, 2, 3, 4]
    assert [isinstance(piece.payload, InvalidInputError) for piece in payloads] == [False, True, False, True]
    assert [piece[0] for piece in pieces(file, None, payloads[1].end)] == [3, 4]


FIELD_MAP = FieldMap.model_validate(
    {"description": "d", "delimiter": ";", "time": {"column": "day"}, "key": ["day"], "metrics": {"likes": ["likes"]}}
)
CSV = '\ufeffday;likes;text\n2020-01-01;1;"two\nlines"\n\n2020-01-02;2\n2020-01-03;3;ö\n'.encode()


def test_rows_of_csv_are_read_by_the_first_line_and_from_any_place(tmp_path):
    """Cells over several lines, empty lines, and rows with too few columns, which are told."""
    file = written(tmp_path, CSV + b"2020-01-04;4;\xff\n", "history.csv")
    payloads = list(pieces(file, FIELD_MAP, START))
    assert [piece.line for piece in payloads] == [2, 5, 6, 7]
    assert payloads[0].payload == {"day": "2020-01-01", "likes": "1", "text": "two\nlines"}
    assert payloads[2].payload["text"] == "ö"
    assert ["3 columns" in str(payloads[1].payload), "UTF-8" in str(payloads[3].payload)] == [True, True]
    assert payloads[3].raw == b"2020-01-04;4;\xff"
    for n, piece in enumerate(payloads):
        assert [(p.line, str(p.payload)) for p in pieces(file, FIELD_MAP, piece.end)] == [
            (p.line, str(p.payload)) for p in payloads[n + 1 :]
        ]


def test_a_cell_beyond_any_size_spoils_its_row_alone(tmp_path):
    """The reader of CSV has a limit of its own."""
    file = written(tmp_path, b"a,b\n1," + b"x" * 200_000 + b"\n2,y\n", "history.csv")
    bad, good = pieces(file, None, START)
    assert "line 2" in bad.payload.message
    assert good.payload == {"a": "2", "b": "y"}


def test_other_text_with_a_field_map_is_csv_and_an_empty_file_is_nothing(tmp_path):
    """As without --backfill."""
    assert len(list(pieces(written(tmp_path, CSV, "history.txt"), FIELD_MAP, START))) == 3
    assert list(pieces(written(tmp_path, b"", "empty.jsonl"), None, START)) == []
    assert list(pieces(written(tmp_path, b"", "empty.csv"), None, START)) == []


def test_a_file_that_is_not_there_is_named(tmp_path):
    """In a sentence."""
    with pytest.raises(InvalidInputError, match=r"cannot read .*nowhere"):
        list(pieces(tmp_path / "nowhere.json", None, START))


@settings(max_examples=50)
@given(
    st.lists(
        st.integers() | st.text(max_size=5) | st.dictionaries(st.text(max_size=3), st.text(max_size=5)), max_size=8
    )
)
def test_any_array_is_read_as_a_whole_reader_would(values):
    """But for arrays, which are taken apart anyway."""
    text = json.dumps(values, ensure_ascii=False).encode()
    from io import BytesIO  # noqa: PLC0415 - beside its one use

    assert [piece.payload for piece in payload_stream._values(BytesIO(text), START)] == values


def test_every_line_of_a_csv_file_may_begin_with_a_mark(tmp_path):
    """Exports that were joined have several."""
    file = written(tmp_path, b"\xef\xbb\xbfday,clicks\n\xef\xbb\xbf2026-11-10,3\n2026-11-11,4\n", "a.csv")
    rows = [{"day": "2026-11-10", "clicks": "3"}, {"day": "2026-11-11", "clicks": "4"}]
    read = list(pieces(file, None, START))
    assert [piece.payload for piece in read] == rows
    assert [piece.payload for piece in pieces(file, None, read[0].end)] == rows[1:]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Report,\nTime,11:13\n\nday,clicks,cost\n2026-11-10,3,1\n", "they seem to be in line 4"),
        ("day;clicks\n2026-11-10;3\n", "expected columns separated by ',', got ';'"),
        ("day\tclicks\n2026-11-10\t3\n", "got '\\\\t'"),
    ],
)
def test_a_csv_file_without_column_names_in_its_first_line_is_refused(tmp_path, text, reason):
    """Once, instead of once per line."""
    with pytest.raises(InvalidInputError, match=reason):
        list(pieces(written(tmp_path, text.encode(), "a.csv"), None, START))


@pytest.mark.parametrize("text", ["day,clicks\n", "day\n2026-11-10\n", "", "day,clicks\n1,2,3\n4,5,6\n", "a,b\nc,d\n"])
def test_other_files_are_read_line_by_line(tmp_path, text):
    """A row with too many cells is no title; a table may have one column, or no row."""
    list(pieces(written(tmp_path, text.encode(), "a.csv"), None, START))
