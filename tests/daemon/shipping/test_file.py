from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from daemon.model import Document
from daemon.shipping.sinks.base import Delivered, Retry
from daemon.shipping.sinks.file import FileSink
from tests.fakes.queued import finding, items

STORED, ALREADY = Delivered(), Delivered(already=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "findings.jsonl"


def documents(*numbers: int) -> list[Document]:
    return [finding(number, "file") for number in numbers]


def ids(path: Path) -> list[str]:
    """Return the ids in a file, which must hold whole JSON lines and nothing else."""
    text = path.read_bytes()
    assert not text or text.endswith(b"\n")
    return [json.loads(line)["event"]["id"] for line in text.splitlines()]


def test_each_document_is_one_line(path: Path) -> None:
    sink = FileSink(path)
    assert sink.send(items(documents(1, 2))) == [STORED, STORED]
    assert sink.send(items(documents(3))) == [STORED]
    assert ids(path) == ["t-000001", "t-000002", "t-000003"]
    assert path.read_bytes().splitlines()[0] == finding(1).body
    assert path.stat().st_mode & 0o007 == 0


def test_what_was_written_before_a_crash_and_not_acknowledged_is_not_written_twice(path: Path) -> None:
    FileSink(path).send(items(documents(1, 2)))
    again = FileSink(path)
    assert again.send(items(documents(2, 3))) == [ALREADY, STORED]
    assert ids(path) == ["t-000001", "t-000002", "t-000003"]


def test_a_second_sending_in_one_process_writes_nothing_either(path: Path) -> None:
    sink = FileSink(path)
    sink.send(items(documents(1)))
    assert sink.send(items(documents(1))) == [ALREADY]
    path.rename(path.with_suffix(".1"))
    assert sink.send(items(documents(1))) == [ALREADY]


@pytest.mark.parametrize("kept", [1, 5, 40, 500])
def test_a_line_torn_by_a_crash_is_mended(path: Path, kept: int) -> None:
    FileSink(path).send(items(documents(1)))
    with path.open("ab") as file:
        file.write(finding(2).body[:kept])
    assert FileSink(path).send(items(documents(1, 2))) == [ALREADY, STORED]
    assert ids(path) == ["t-000001", "t-000002"]


def test_a_tail_that_is_not_ours_is_kept(path: Path) -> None:
    path.write_bytes(b"somebody else's notes")
    FileSink(path).send(items(documents(1)))
    assert path.read_bytes() == b"somebody else's notes\n" + finding(1).body + b"\n"


def test_lines_that_are_not_ours_are_passed_over(path: Path) -> None:
    path.write_bytes(b'not json\n{"event": 3}\n' + finding(1).body + b"\n")
    assert FileSink(path).send(items(documents(1, 2))) == [ALREADY, STORED]


def test_only_the_end_of_a_large_file_is_read(path: Path) -> None:
    filler = b"x" * 1023 + b"\n"
    with path.open("wb") as file:
        for _ in range(20 * 1024):
            file.write(filler)
        file.write(finding(1).body + b"\n")
    assert FileSink(path).send(items(documents(1, 2))) == [ALREADY, STORED]


def test_rotation_by_renaming(path: Path) -> None:
    sink = FileSink(path)
    sink.send(items(documents(1)))
    path.rename(path.with_suffix(".1"))
    sink.send(items(documents(2)))
    assert ids(path.with_suffix(".1")) == ["t-000001"]
    assert ids(path) == ["t-000002"]


def test_rotation_by_copying_and_truncating(path: Path) -> None:
    sink = FileSink(path)
    sink.send(items(documents(1)))
    os.truncate(path, 0)
    sink.send(items(documents(2)))
    assert ids(path) == ["t-000002"]


def test_two_processes_may_append(path: Path) -> None:
    one, two = FileSink(path), FileSink(path)
    for number in range(0, 20, 2):
        one.send(items(documents(number)))
        two.send(items(documents(number + 1)))
    assert len(set(ids(path))) == len(ids(path)) == 20


def test_a_missing_directory_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "later" / "findings.jsonl")
    refusal = sink.prepare()
    assert refusal is not None
    assert "No such file or directory" in refusal.reason
    assert str(tmp_path) in refusal.reason
    assert sink.diagnose()[0].remedy == "create the directory, or let cspmd's user write there"
    [outcome] = sink.send(items(documents(1)))
    assert isinstance(outcome, Retry)
    (tmp_path / "later").mkdir()
    assert sink.prepare() is None
    assert sink.diagnose() == ()
    assert sink.send(items(documents(1))) == [STORED]


def test_a_diagnosis_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "findings.jsonl"
    assert FileSink(path).diagnose() == ()
    assert not path.exists()
    path.mkdir()
    [problem] = FileSink(path).diagnose()
    assert "Is a directory" in problem.what


def test_a_full_disk_leaves_whole_lines_and_every_document_queued(path: Path) -> None:
    """A file size limit stands for the full disk: the write breaks off in the middle of a line."""
    code = (
        "import resource, signal, sys\n"
        "from daemon.shipping.sinks.file import FileSink\n"
        "from tests.fakes.queued import finding, items\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "sink = FileSink(sys.argv[1])\n"
        "sink.send(items([finding(1)]))\n"
        "size = len(finding(1).body) * 2 + 100\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))\n"
        "outcomes = sink.send(items([finding(2), finding(3)]))\n"
        "print(*(type(outcome).__name__ for outcome in outcomes))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "outcomes = sink.send(items([finding(2), finding(3)]))\n"
        "print(*(type(outcome).__name__ for outcome in outcomes))\n"
    )
    found = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["Retry", "Retry", "Delivered", "Delivered"]
    assert ids(path) == ["t-000001", "t-000002", "t-000003"]


def test_a_killed_writer_leaves_nothing_to_repair(path: Path) -> None:
    """kill -9 at many points of a busy writer: whole lines, none twice, once everything is sent again."""
    code = (
        "import sys\n"
        "from daemon.shipping.sinks.file import FileSink\n"
        "from tests.fakes.queued import finding, items\n"
        "sink = FileSink(sys.argv[1])\n"
        "batches = [items([finding(number) for number in range(start, start + 20)]) for start in range(0, 800, 20)]\n"
        "print('ready', flush=True)\n"
        "for batch in batches:\n"
        "    sink.send(batch)\n"
        "    print(batch[-1].uid, flush=True)\n"
    )
    acknowledged = 0
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged += line.startswith("t-")
            if acknowledged == 7:
                writer.kill()
                break
    sink = FileSink(path)
    sink.send(items(documents(*range(800))))
    assert sorted(ids(path)) == [f"t-{number:06d}" for number in range(800)]


def test_a_pipe_is_written_to_as_well() -> None:
    reading, writing = os.pipe()
    sink = FileSink(Path(f"/dev/fd/{writing}"))
    assert sink.send(items(documents(1))) == [STORED]
    assert os.read(reading, 1_000_000) == finding(1).body + b"\n"
    sink.close()
    os.close(reading)
    os.close(writing)
