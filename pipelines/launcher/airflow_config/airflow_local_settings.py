"""Read by every process of Airflow at its start. In the process that forks the tasks it loads what the tasks import.

A task is a fresh fork: what its parent has loaded costs it nothing, what it loads itself it pays each time (Great
Expectations: 3 to 5 seconds). The API server and the DAG processor stay lean.
"""

import atexit
import gc
import importlib
import pkgutil
import sys

FORKS_TASKS = (["scheduler"], ["celery", "worker"])

# Airflow builds some hundred thousand objects at its start and keeps them: looking through them for garbage every 700
# new ones cost a fifth of the API server's 16 seconds.
gc.set_threshold(50_000, 20, 20)
# And once more for nothing when the process ends.
atexit.register(gc.freeze)

if any(sys.argv[1 : 1 + len(command)] == command for command in FORKS_TASKS):
    importlib.import_module("great_expectations")
    importlib.import_module("pipelines.errands")
    # Reads the catalogue that the DAG takes the titles of its tasks from.
    vocabulary = importlib.import_module("pipelines.language.vocabulary")
    importlib.import_module("pipelines.language").say(vocabulary.step_title("load"))
    for room in ("steps", "channels", "cleaning", "reading", "rules", "providers"):
        package = importlib.import_module(f"pipelines.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)

__all__: list[str] = []
