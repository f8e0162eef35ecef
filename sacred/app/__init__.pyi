from sacred.app.command import Command as Command
from sacred.app.program import main as main
from sacred.app.program_arguments import add_run_id as add_run_id
from sacred.app.session import Session as Session
