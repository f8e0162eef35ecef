"""Queues and sweeps in the API, and actions on them.

| module | what it holds |
|---|---|
| `queue_operations` | the rows of the table of operations |
| `queue_schemas` | the schemas of their parameters and results |
| `queue_listing` | runs that wait, are held back, run or have failed; workers |
| `queue_changes` | hold, release, cancel, requeue, priority |
| `sweep_listing` | sweeps, their points and results; pause, resume, retry |
| `launch_form` | what can be launched, its form, and runs that are queued by a form |
"""
