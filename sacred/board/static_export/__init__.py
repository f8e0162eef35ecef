"""A static copy of the board: one page with all of its data, which needs no server.

| module | what it holds |
|---|---|
| `copied_views` | what is copied, as a value |
| `written_page` | the file that has all of it |
| `recorder` | asks the API what the page would ask, for some views |
| `copied_files` | the contents of files of runs, each once |
| `copied_statistics` | which groups can be told apart, noise floors, importance |
| `copied_relations` | the files that connect runs |
| `copied_secrets` | no secret leaves with a copy |
| `classic_script` | the modules of the page as one classic script |
"""
