"""Workers: who takes queued runs from a store, and runs them.

The store is the only truth (`sacred.stores.claims`): whatever dies, its entries say what is left to
do. This package imports no experiment; a run is started as a process of its own.

| module | what it holds |
|---|---|
| `worker` | the loop: claim, start, renew, stop, and say how it ended |
| `run_process` | one run as a process, in a scratch directory with the stored sources |
| `lease_watch` | which leases have expired, as one observer can know it |
| `actions` | what people do with queued runs: hold, cancel, requeue, ... |
| `queue_watch` | leases and workers, as somebody sees them who looks now and then |
| `launching` `launch_entries` | runs that a form queues; the entries that it can set |
| `queued_records` | queued records that have no entry yet |
| `requirements` | what runs need of their worker |
| `gpu_slots` | fractions of GPUs, shared by the workers of a machine |
"""
