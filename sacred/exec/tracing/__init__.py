"""What a program and its children open, execute, create and connect to, by `strace` (Linux).

| module | what it holds |
|---|---|
| `strace` | whether a program can be traced, and the command that does it |
| `strace_lines` | the lines that strace writes, as calls |
| `accesses` | calls put together: files read and written, programs, peers, directories |
| `system_files` | which files belong to the system or are private |
| `trace_record` | what is recorded of a trace: digests, names, remarks |
| `trace_directories` | directories of traces, and leftovers of killed processes |
| `file_digests` | digests of files; of huge ones, once |
"""
