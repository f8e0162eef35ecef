"""What the API says of queues and sweeps, and what can be done with them.

| module | what it holds |
|---|---|
| `queue_operations` | the rows of the table of operations |
| `queue_schemas` | what they take and return |
| `queue_listing` | what waits, is held back, runs and has failed; workers |
| `queue_changes` | hold, release, cancel, requeue, priority |
| `sweep_listing` | sweeps, their points, what they have reached; pause, resume, retry |
| `launch_form` | what can be launched, its form, and runs that a form queues |
"""
