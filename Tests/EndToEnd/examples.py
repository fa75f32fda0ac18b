"""greenroom.py and its examples, as a person gets them: from the matchmaker."""

import importlib.util
import sys

from processes import get


def fetch(servers, folder, *names):
    """What the matchmaker serves, as files of a folder."""
    for name in names:
        status, text = get(f"{servers.matchmaker.http}/{name}")
        assert status == 200, name
        (folder / name.split("/")[-1]).write_text(text)


def library(servers, folder):
    """greenroom.py as a module."""
    fetch(servers, folder, "greenroom.py")
    spec = importlib.util.spec_from_file_location("greenroom_served", folder / "greenroom.py")
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
