"""Scripts that the fault tests start; `worker` also says what it does at which step."""
