"""Creates the baseline's tables: `python -m bench.baseline.tables`."""

import asyncio

from bench.baseline.app import create_tables

asyncio.run(create_tables())
