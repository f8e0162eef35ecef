from sacred.executors.executor import EXECUTORS as EXECUTORS
from sacred.executors.executor import Executor as Executor
from sacred.executors.executor import ExecutorError as ExecutorError
from sacred.executors.executor import executor_named as executor_named
from sacred.executors.worker_fleet import WorkerFleet as WorkerFleet
