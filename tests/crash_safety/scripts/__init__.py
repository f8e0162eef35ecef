"""Scripts that the tests start; `worker` also says what it does at which step."""
