"""All benchmarks of this folder, one after the other: each `bench_*.py` has a `main` that prints Markdown."""

from importlib import import_module
from pathlib import Path

for file in sorted(Path(__file__).parent.glob("bench_*.py")):
    print(f"\n## {file.stem.removeprefix('bench_')}\n", flush=True)
    import_module(f"tests.bench.{file.stem}").main()
