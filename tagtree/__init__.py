"""标签树 (tag tree) and its rules: pure, importable alone, no I/O."""
