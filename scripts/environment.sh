#!/bin/sh
# Makes .venv from a lock file, with the first Python of this machine that is new enough.
set -eu
cd "$(dirname "$0")/.."

for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$python" scripts/environment.py "$@"
    fi
done
echo "Winnow needs Python 3.11 or newer. Install it, or name it: make run PYTHON=/path/to/python3" >&2
exit 1
