"""Workers, which take queued runs from a store and run them.

The store is the only source of truth (`sacred.stores.claims`): whatever dies, its entries say what
is left to do. This package imports no experiment; each run is started as a process of its own.

| module | what it holds |
|---|---|
| `worker` | the loop: claim, start, renew, stop, and record how it ended |
| `run_process` | one run as a process, in a scratch directory with the stored sources |
| `lease_watch` | which leases have expired, as seen by one process |
| `actions` | what people can do with queued runs: hold, cancel, requeue, ... |
| `queue_watch` | leases and workers, as seen by somebody who looks now and then |
| `launching` `launch_entries` | runs that are queued by a form; the entries that it can set |
| `queued_records` | queued records that have no entry yet |
| `requirements` | what runs need of their worker |
| `gpu_slots` | fractions of GPUs, shared by the workers of a machine |
"""
