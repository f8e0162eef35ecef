"""Programs in any language as runs."""
