"""Where the records of runs are kept: one kind of document, several places.

`document` turns the events of a run into a document and changes of it; a store
(`file`, `mongo`) only says where they go. `spool` keeps what no store would take.
"""
