"""A static copy of the board: one page with all its data, which needs no server.

| module | what it holds |
|---|---|
| `copied_views` | the content of a copy, as a value |
| `written_page` | the file of a copy |
| `recorder` | makes the requests of the page, for some views |
| `copied_files` | the contents of files of runs, each once |
| `copied_statistics` | groups that differ, noise floors, importance |
| `copied_relations` | the files that connect runs |
| `copied_secrets` | removal of secrets |
| `classic_script` | the modules of the page as one classic script |
"""
