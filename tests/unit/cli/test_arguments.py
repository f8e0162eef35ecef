"""Usage texts, and what command lines mean."""

from __future__ import annotations

import contextlib
from typing import Any

import docopt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sacred._base.cli_option import CLIOption, cli_option
from sacred.cli.arguments import format_usage, usage_texts
from sacred.cli.errors import CommandLineError
from sacred.cli.options import gather_command_line_options
from sacred.cli.parsing import ParsedArguments, parse

OPTIONS = gather_command_line_options()


def train() -> None:
    """Train the model.

    In several steps.
    """


def plain() -> None:
    pass


@cli_option("-g", "--greet")
def greet_option(args: str, run: Any) -> None:
    """Greet somebody whose name is
    not known yet, in a way that takes more than one line.
    """


greet_option.arg_description = "whom to greet"


@cli_option("-f", "--friendly", is_flag=True)
def friendly_option(args: bool, run: Any) -> None:
    """Do it nicely."""


@cli_option("-r", "--rather-long-name")
def long_option(args: str, run: Any) -> None:
    """Below."""


SHORT = """\
Usage:
  train.py [(with UPDATE...)] [options]
  train.py help [COMMAND]
  train.py (-h | --help)
  train.py COMMAND [(with UPDATE...)] [options]"""

LONG = f"""\
{SHORT}

About this program.

Usage: strange  [default: 5]

Options:
  -g VALUE --greet=VALUE        Greet somebody whose name is not known yet, in
                                a way that takes more than one line.
  -f --friendly                 Do it nicely.
  -r VALUE --rather-long-name=VALUE
                                Below.

Arguments:
  COMMAND  Name of the command to run (see below for a list of commands)
  UPDATE   An entry of the configuration, as in foo.bar=17, or a named config or file
  VALUE    whom to greet

Commands:
  train       Train the model.
  data.plain
"""

PARSED = """\
Usage:
  PROGRAM [(with UPDATE...)] [options]
  PROGRAM help [COMMAND]
  PROGRAM COMMAND [(with UPDATE...)] [options]

Options:
  -g VALUE --greet=VALUE
  -f --friendly
  -r VALUE --rather-long-name=VALUE
"""


def test_usage_texts() -> None:
    """Usage, docstring, options, arguments, commands."""
    texts = usage_texts(
        "train.py",
        "\nAbout this program.\n\nUsage: strange  [default: 5]\n",
        {"train": train, "data.plain": plain},
        [greet_option, friendly_option, long_option],
    )
    assert texts == (SHORT, LONG, PARSED)


@pytest.mark.parametrize("description", [None, "", "  \n"])
def test_usage_without_description(description: str | None) -> None:
    """There is no gap, and no empty section."""
    usage = usage_texts("p", description)[1]
    assert usage.startswith(usage_texts("p", None)[0] + "\n\nArguments:\n")
    assert "Options:" not in usage
    assert "Commands:" not in usage


def test_program_names_with_spaces_are_quoted() -> None:
    short, usage, parsed = usage_texts("my dir/the prog.py", None, {}, OPTIONS)
    assert "  'my dir/the prog.py' help [COMMAND]\n" in short
    assert "'my dir/the prog.py'" in usage
    assert docopt.docopt(parsed, ["x"])["COMMAND"] == "x"


def _parse(*words: str, options: list[CLIOption] = OPTIONS) -> ParsedArguments:
    return parse(words, options)


@pytest.mark.parametrize(
    ("line", "command", "updates", "given"),
    [
        ("", None, (), {}),
        ("train", "train", (), {}),
        ("with a=1 fast", None, ("a=1", "fast"), {}),
        ("train with a=1 -f b=2", "train", ("a=1", "b=2"), {"--force": True}),
        ("-f train with a=1", "train", ("a=1",), {"--force": True}),
        ("-fu -l DEBUG", None, (), {"--force": True, "--unobserved": True, "--loglevel": "DEBUG"}),
        ("-lDEBUG train", "train", (), {"--loglevel": "DEBUG"}),
        ("--loglevel DEBUG", None, (), {"--loglevel": "DEBUG"}),
        ("--loglevel=DEBUG", None, (), {"--loglevel": "DEBUG"}),
        ("--comment=a=b", None, (), {"--comment": "a=b"}),
        ("--comm x", None, (), {"--comment": "x"}),
        ("--file_storage=runs -m db", None, (), {"--file_storage": "runs", "--mongo_db": "db"}),
        ("-c -f", None, (), {"--comment": "-f"}),
        ("with", "with", (), {}),
    ],
)
def test_lines(
    line: str, command: str | None, updates: tuple[str, ...], given: dict[str, Any]
) -> None:
    """Options may stand anywhere; those not given are False or None."""
    parsed = _parse(*line.split())
    assert (parsed.command, parsed.updates, parsed.help) == (command, updates, False)
    assert {k: v for k, v in parsed.options.items() if v not in (None, False)} == given
    assert set(parsed.options) == {option.get_flag() for option in OPTIONS}
    assert parsed.options["--debug"] is False
    assert parsed.options["--id"] is None


def test_words_with_spaces_and_empty_ones() -> None:
    """What the shell took for one word stays one."""
    parsed = _parse("with", "xs=[1, 2]", "", "-c", "two words")
    assert parsed.updates == ("xs=[1, 2]", "")
    assert parsed.options["--comment"] == "two words"


@pytest.mark.parametrize(
    ("line", "topic"),
    [
        ("-h", None),
        ("--help", None),
        ("help", None),
        ("help -f", None),
        ("help train", "train"),
        ("train --help", "train"),
        ("train -h with a=1", "train"),
    ],
)
def test_help(line: str, topic: str | None) -> None:
    """For the program, or for a command."""
    parsed = _parse(*line.split())
    assert (parsed.help, parsed.help_topic) == (True, topic)


@pytest.mark.parametrize(
    ("line", "arguments", "updates"),
    [
        ("diff", (), ()),
        ("diff 1 2", ("1", "2"), ()),
        ("diff best:result -u with C=2", ("best:result",), ("C=2",)),
        ("-F runs diff -c 5 7 --force", ("7",), ()),
    ],
)
def test_words_behind_commands_that_take_some(line, arguments, updates):
    parsed = parse(line.split(), OPTIONS, with_arguments=["diff"])
    assert (parsed.command, parsed.arguments, parsed.updates) == ("diff", arguments, updates)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--unknwon", "Unknown option --unknwon."),
        ("--unobservd=3", 'Unknown option --unobservd. Did you mean "--unobserved"?'),
        ("train -x", "Unknown option -x."),
        ("-fx", "Unknown option -x."),
        ("-F runs -fy", "Unknown option -y."),
        ("-f train --force", "The option --force is given more than once."),
        ("-c a --comment=b", "The option --comment is given more than once."),
        ("--p", "--p could be --pdb or --print-config or --priority."),
        ("train a=1", 'Unexpected argument "a=1": updates of the configuration come '
                      'behind "with".'),
        ("help a b", 'Unexpected argument "b": updates of the configuration come behind "with".'),
        ("help help with", 'Unexpected argument "with": updates of the configuration come '
                           'behind "with".'),
        ("-b", "-b requires argument"),
        ("--force=3", "--force must not have an argument"),
    ],
)  # fmt: skip
def test_mistakes(line: str, message: str) -> None:
    """Each is one sentence, shown below the usage."""
    with pytest.raises(CommandLineError) as caught:
        _parse(*line.split())
    assert str(caught.value) == message
    assert caught.value.print_usage


def test_a_letter_that_is_taken_is_left_out() -> None:
    """The first option keeps it; the other one still has its long flag."""
    options = [*OPTIONS, friendly_option]
    assert "\n  --friendly " in usage_texts("p", None, {}, options)[1]
    assert _parse("-f", options=options).options["--force"] is True
    parsed = _parse("--friendly", "-f", options=options).options
    assert parsed["--friendly"] is parsed["--force"] is True


def test_words_need_not_be_text() -> None:
    """As in `ex.run_commandline(["prog", "--id", 5])`."""
    assert parse(["--id", 5], OPTIONS).options["--id"] == "5"


PLAIN_WORDS = ["with", "help", "a=1", "main", "C=2", "runs", "", "x y", "=", "-", "--", "-="]
OPTION_WORDS = ["-u", "-h", "--force", "-F", "--file_storage=r", "--name", "-i7", "-uf", "-1"]
ODD_WORDS = ["--help", "--comment=", "--comment==", "--unobserved", "-l", "--unob", "--queue=1"]
ODD_WORDS += ["--tag", "--tag=a", "--nope", "-x"]


@given(st.lists(st.sampled_from(PLAIN_WORDS + OPTION_WORDS + ODD_WORDS), max_size=6))
def test_lines_mean_what_docopt_says(words):
    usage = usage_texts("a [b] (c) <d>.py", "Usage:\n  nothing", {}, OPTIONS)[2]
    try:
        wanted = dict(docopt.docopt(usage, list(words), False))
    except docopt.DocoptExit:
        with contextlib.suppress(CommandLineError):
            # Only `help` is understood in more cases: with options beside the topic.
            assert _parse(*words).help_topic is not None
        return
    found = _parse(*words)
    assert list(found.updates) == wanted["UPDATE"]
    assert found.help == (wanted["help"] or wanted["COMMAND"] == "help" or wanted["--help"])
    if not found.help:
        assert found.command == wanted["COMMAND"]
    # docopt may give the last of repeated values twice.
    tags = list(dict.fromkeys(wanted["--tag"])) or None
    assert found.options == {flag: wanted[flag] for flag in found.options} | {"--tag": tags}


@given(st.lists(st.sampled_from(["train", "with", "a=1", "-u", "--force", "--name=x"]), max_size=4))
def test_docopt_takes_the_usage_that_users_see(words):
    text = format_usage("prog.py", "About it.", {"train": train}, OPTIONS)
    assert isinstance(text, str)
    try:
        found = dict(docopt.docopt(text, words, False))
    except docopt.DocoptExit:
        with pytest.raises(CommandLineError):
            _parse(*words)
        return
    parsed = _parse(*words)
    assert (found["COMMAND"], tuple(found["UPDATE"])) == (parsed.command, parsed.updates)
    assert {flag: found[flag] for flag in parsed.options if flag != "--tag"} == {
        flag: value for flag, value in parsed.options.items() if flag != "--tag"
    }


#: The long flags of Sacred 0.8.7.
OLD_FLAGS = """
beat-interval capture comment debug enforce_clean file_storage force help id loglevel
mongo_db name pdb print-config priority queue s3 sql tiny_db unobserved
"""


@pytest.mark.parametrize("flag", OLD_FLAGS.split())
def test_abbreviations_of_the_old_library_keep_their_meaning(flag):
    options = gather_command_line_options()
    by_flag = {option.get_flag(): option for option in options}
    for length in range(1, len(flag)):
        short = flag[:length]
        if sum(other.startswith(short) for other in OLD_FLAGS.split()) == 1:
            takes_value = not by_flag[f"--{flag}"].is_flag
            words = [f"--{short}", "5"] if takes_value else [f"--{short}"]
            expected = "5" if takes_value else True
            assert _parse(*words, options=options).options[f"--{flag}"] == expected


def test_values_of_options_are_no_abbreviations():
    options = gather_command_line_options()
    parsed = _parse("-c", "--ta", "--na", "--fo", options=options).options
    assert (parsed["--comment"], parsed["--name"], parsed["--force"]) == ("--ta", "--fo", False)


def test_new_options_can_be_abbreviated_where_no_old_one_is_meant():
    options = gather_command_line_options()
    assert _parse("--gr", "x", options=options).options["--group"] == "x"
    assert _parse("--nam=y", options=options).options["--name"] == "y"
    for typed, meant in (("--g", "--gcs or --group"), ("--ta", "--tag or --tape")):
        with pytest.raises(CommandLineError, match=meant):
            _parse(typed, "x", options=options)


def test_what_stands_behind_two_dashes_is_no_option():
    with pytest.raises(CommandLineError):
        _parse("--", "--unob")
