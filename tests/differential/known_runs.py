"""Differences that are meant, in single places: runs, and what stores hold of them."""

from __future__ import annotations

import re

from tests.differential.known_rows import KnownPlace
from tests.differential.likeness import (
    PICKLED,
    STORED,
    other_guesses,
    without_log,
    without_tags,
)

__all__ = ["OF_RUNS"]

OF_RUNS: tuple[KnownPlace, ...] = (
    KnownPlace(
        "deliberate: Sources and resources in S3 lie beside the runs",
        lambda case, found: (
            (
                re.match(r"/files/s3/runs/\d+/runs/_(sources|resources)/", found[0]) is not None
                and found[2] == "<missing>"
            )
            or (
                found[0].startswith("/files/s3/runs/")
                and "/run.json/value/resources/" in found[0]
                and re.sub("s3://[^/]+/", "", str(found[2])) == found[1]
            )
        ),
    ),
    KnownPlace(
        "deliberate: A queue has the priority of its observer",
        lambda case, found: (
            "QueueObserver" in case.text
            and found[0].startswith("/notes/")
            and found[0].endswith("/dict/_id")
            and found[1:] == (None, "recorded")
        ),
    ),
    KnownPlace(
        "beyond.md: ``fd`` captures everything that is written before the run ends",
        lambda case, found: (
            "-Cfd" in case.arguments
            and found[0].endswith(("/captured_out", "/cout.txt"))
            and str(found[2]).startswith(str(found[1] or ""))
        ),
    ),
    KnownPlace(
        "stores.md: keys with dots or a leading dollar are stored with commas and ``@``",
        lambda case, found: (
            found[0].startswith("/documents/")
            and (
                str(found[1]).replace("a.b", "a,b").replace("$c", "@c") == str(found[2])
                # Beside other keys; the new one is an additional field.
                or (found[0].endswith(("/a.b", "/$c")) and found[2] == "<missing>")
            )
        ),
    ),
    KnownPlace(
        "beyond.md: files of the same content are stored once",
        lambda case, found: (
            found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) < len(found[1])
            and case.text.count("artifact(") + case.text.count("range(") > 1
        ),
    ),
    KnownPlace(
        "deliberate: Changes of ``_run.meta_info`` during a run are stored",
        lambda case, found: (
            "meta_info['mine']" in case.text
            and found[0].startswith("/notes/")
            and isinstance(found[1], list)
            and [one for one in found[2] if one != ["save_json", "run.json"]]
            == [one for one in found[1] if one != ["save_json", "run.json"]]
        ),
    ),
    KnownPlace(
        "stores.md: queued runs work, and have their ``queue_time``",
        lambda case, found: (
            "-q" in case.arguments
            and found[0].startswith("/files/runs.db/run/")
            and found[0].endswith("/queue_time")
            and found[1] is None
        ),
    ),
    KnownPlace(
        "stores.md: Records have more fields than before",
        lambda case, found: found[1] == "<missing>" and found[0].startswith(STORED),
    ),
    KnownPlace(
        "beyond.md: Failed and interrupted runs keep what came after the last heartbeat",
        lambda case, found: (
            found[0].endswith(("/captured_out", "/cout.txt"))
            and found[1] in ("", None)
            and isinstance(found[2], str)
        ),
    ),
    KnownPlace(
        "beyond.md: a last heartbeat always comes before the end",
        lambda case, found: (
            found[0].endswith(("/captured_out", "/cout.txt"))
            and "CAPTURE_MODE" not in case.text
            and str(found[2]).startswith(str(found[1]))
        ),
    ),
    KnownPlace(
        "beyond.md: No observer sees what another one has changed in ``ex_info``",
        lambda case, found: (
            "/sources" in found[0]
            and not found[0].startswith(STORED)
            and "_sources/" in str(found[1])
            and "_sources/" not in str(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: numpy numbers are numbers, NaN and infinite numbers can be read by all JSON"
        " readers",
        lambda case, found: (
            found[0].startswith(STORED)
            and (any(tag in str(found[1]) for tag in PICKLED) or "py/float" in str(found[2]))
        ),
    ),
    KnownPlace(
        "stores.md: Ids of rows that runs share are given in another order",
        lambda case, found: found[0].startswith("/files/runs.db/experiments_"),
    ),
    KnownPlace(
        "compatibility.md: The first run in an SQL database has the id 1",
        lambda case, found: (
            "SqlObserver" in case.text
            and (str(found[1]), str(found[2])) in (("0", "1"), ("'0'", "'1'"))
        ),
    ),
    KnownPlace(
        "deliberate: Observers create nothing before a run starts",
        lambda case, found: found == ("/files/tiny/metadata.json", "", "<missing>"),
    ),
    KnownPlace(
        "beyond.md: Sources of queued runs are where those of other runs are",
        lambda case, found: (
            "-q" in case.arguments
            and (
                "/run.json/value/experiment/sources/" in found[0] or found[0].endswith("/script.py")
            )
        ),
    ),
    KnownPlace(
        "command_line.md: Tracebacks of interrupts leave out the library's frames, too",
        lambda case, found: (
            str(found[1]) == "Traceback (most recent call last):"
            and str(found[2]) == "Traceback (most recent calls WITHOUT Sacred internals):"
        ),
    ),
    KnownPlace(
        "beyond.md: a last heartbeat always comes before the end.",
        lambda case, found: found[0].endswith("/heartbeat") and found[1] in (None, "<missing>"),
    ),
    KnownPlace(
        "compatibility.md: Two stores that give out ids on their own give a run one id that is "
        "free in both",
        lambda case, found: (
            "SqlObserver" in case.text
            and "-F" in case.arguments
            and found[0].startswith("/files/others/")
        ),
    ),
    KnownPlace(
        "beyond.md: sources only once",
        lambda case, found: (
            case.kind == "mongo_reader"
            and found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) < len(found[1])
        ),
    ),
    KnownPlace(
        "beyond.md: What a run returns of its configuration is stored as plain data",
        lambda case, found: (
            "sacred.config.custom_containers" in str(found[1])
            and "custom_containers" not in str(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: Lists are modified if they differ in any element",
        lambda case, found: (
            case.kind == "results_reader"
            and found[0] == "/run/modifications/modified"
            and found[2] == ["layers", *found[1]]
        ),
    ),
    KnownPlace(
        "beyond.md: All packages that a script imports are listed as dependencies",
        lambda case, found: (
            found[0].endswith("/dependencies/list")
            and [one for one in found[2] if not one.startswith("pymongo==")] == found[1]
        ),
    ),
    KnownPlace(
        "beyond.md: resources are stored",
        lambda case, found: (
            found[0] in ("/documents/fs.chunks", "/documents/fs.files")
            and len(found[2]) > len(found[1])
            and re.search(r"resource\(", case.text) is not None
        ),
    ),
    KnownPlace(
        "stores.md: the content type is guessed from the name of an artifact first",
        lambda case, found: (
            (found[0].endswith("/contentType") and "other.bin" in case.text)
            or other_guesses(case, found)
        ),
    ),
    KnownPlace(
        "beyond.md: keys that are ints come back as ints.",
        lambda case, found: (
            found[0].startswith("/files/tiny/")
            and str(found[2]).replace("json://", "") == str(found[1])
        ),
    ),
    KnownPlace(
        "beyond.md: ``sys`` captures what loggers write to the stderr that they found before",
        lambda case, found: (
            isinstance(found[1], str)
            and isinstance(found[2], str)
            and without_log(found[1]) == without_log(found[2])
        ),
    ),
    KnownPlace(
        "compatibility.md: ``metrics.json`` is there from the start",
        lambda case, found: (
            found[0].endswith("/metrics.json")
            and found[1] == "<missing>"
            and found[2]["value"] == {}
        ),
    ),
    KnownPlace(
        "deliberate: Observers are joined after ``queued_event``, too",
        lambda case, found: (
            found[0].startswith("/notes/")
            and "-q" in case.arguments
            and len(found[2]) > len(found[1])
            and all(note == ["join"] for note in found[2][len(found[1]) :])
        ),
    ),
    KnownPlace(
        "beyond.md: Arrays keep their type in JSON",
        lambda case, found: (
            found[0] == "/files/config.json" and without_tags(found[1]) == without_tags(found[2])
        ),
    ),
    KnownPlace(
        "beyond.md: Lists are modified if they differ in any element, and only then",
        lambda case, found: (
            found[0] == "/run/modifications/modified"
            and re.search(r"\[.*\{", case.text + str(case.arguments)) is not None
            and set(found[2]) < set(found[1])
            and all("." in path for path in set(found[1]) - set(found[2]))
        ),
    ),
)
