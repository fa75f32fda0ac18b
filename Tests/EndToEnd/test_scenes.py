"""The schema of scene files, by a public validator, beside what the matchmaker itself says."""

import json
import pathlib
import signal

import jsonschema
import pytest
from processes import Process, eventually, free_ports, program
from scene_files import BAD, EXAMPLE, GARBLED, GOOD, SCHEMA, SENSELESS, without_comments

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def refused_by_matchmaker(folder, document):
    data = document if isinstance(document, (str, bytes)) else json.dumps(document)
    (folder / "scenes.json").write_bytes(data.encode() if isinstance(data, str) else data)
    done = program("matchmaker", "--config", "scenes.json", folder=folder)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done
    return done.stderr


def accepted_by_matchmaker(folder, text):
    file = folder / "scenes.json"
    file.write_text(text)
    process = Process("matchmaker", ["--config", file, "--listen", f"127.0.0.1:{free_ports()}", "--link-listen", f"unix:{folder}/l"])
    try:
        eventually(lambda: process.said("started") or not process.alive, process.text)
        assert process.said("started"), process.text()
        process.signal(signal.SIGTERM)
        assert process.wait() == 0
    finally:
        process.kill()


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_example_is_good(tmp_path):
    text = EXAMPLE.read_text()
    VALIDATOR.validate(json.loads(without_comments(text)))
    accepted_by_matchmaker(tmp_path, text)


@pytest.mark.parametrize("document", BAD.values(), ids=BAD.keys())
def test_both_refuse(tmp_path, document):
    assert not VALIDATOR.is_valid(document)
    assert refused_by_matchmaker(tmp_path, document).startswith("matchmaker: scenes.json:1:")


@pytest.mark.parametrize("document", SENSELESS.values(), ids=SENSELESS.keys())
def test_what_makes_no_sense_together_is_refused_by_the_matchmaker(tmp_path, document):
    assert VALIDATOR.is_valid(document), "else it belongs to those that both refuse"
    line = refused_by_matchmaker(tmp_path, document)
    assert line.startswith("matchmaker: scenes.json:1:") and "scenes[" in line


@pytest.mark.parametrize("document", GARBLED.values(), ids=GARBLED.keys())
def test_a_garbled_file_is_one_line_with_its_place(tmp_path, document):
    line = refused_by_matchmaker(tmp_path, document)
    assert line.startswith("matchmaker: scenes.json:") or 'scenes.json" is larger than 1MiB' in line, line
    assert len(line) < 300, "of what is wrong only the beginning is shown"


def test_a_file_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for path in ("nowhere", "folder", "loop", "/dev/zero", "/proc/self/mem"):
        done = program("matchmaker", "--config", path, folder=tmp_path)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and f'"{path}"' in done.stderr, done


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD.keys())
def test_both_accept(tmp_path, document):
    VALIDATOR.validate(document)
    accepted_by_matchmaker(tmp_path, json.dumps(document))


def test_the_readme_shows_a_good_scene(tmp_path):
    readme = (pathlib.Path(EXAMPLE).parents[1] / "README.md").read_text()
    blocks = [block for block in readme.split("```") if block.startswith("json\n")]
    assert blocks
    for block in blocks:
        text = block.removeprefix("json\n")
        VALIDATOR.validate(json.loads(without_comments(text)))
        accepted_by_matchmaker(tmp_path, text)
