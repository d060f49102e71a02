"""Every Airflow process reads this file at its start. The process that forks the tasks imports what they need.

A task is a fresh fork: modules that its parent has imported cost nothing, those that it imports itself cost time in every
task (Great Expectations: 3 to 5 seconds). The API server and the DAG processor stay lean.
"""

import atexit
import gc
import importlib
import pkgutil
import sys

FORKS_TASKS = (["scheduler"], ["celery", "worker"])

# Airflow creates some hundred thousand objects at its start and keeps them. Garbage collection over all of them after every
# 700 new ones cost a fifth of the API server's 16 seconds.
gc.set_threshold(50_000, 20, 20)
# The collection at the end of the process is just as useless.
atexit.register(gc.freeze)

if any(sys.argv[1 : 1 + len(command)] == command for command in FORKS_TASKS):
    importlib.import_module("great_expectations")
    importlib.import_module("pipelines.errands")
    # Loads the catalogue with the task titles that the DAG uses.
    vocabulary = importlib.import_module("pipelines.language.vocabulary")
    importlib.import_module("pipelines.language").say(vocabulary.step_title("load"))
    for folder in ("steps", "channels", "cleaning", "reading", "rules", "providers"):
        package = importlib.import_module(f"pipelines.{folder}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)

__all__: list[str] = []
