"""The configuration of the embedded PostgreSQL: a laptop's share of memory, durable, and no row data in its log."""

import os
import shutil
from pathlib import Path

MIB = 1024 * 1024
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- only measured, never written to
PARALLEL_QUERY_NEEDS = 512 * MIB


def memory_bytes() -> int:
    """The memory that the machine or the container has, in bytes."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [
        int(text) for path in CGROUP_LIMITS if path.exists() and (text := path.read_text().strip()).isdigit()
    ]
    return min([physical, *limits])


def configuration(port: int, memory: int) -> str:
    """The text of our configuration file, for a server on loopback on a machine with `memory` bytes."""
    settings = {
        "listen_addresses": "'127.0.0.1'",
        "port": port,
        "unix_socket_directories": "''",
        "max_connections": 200,
        "shared_buffers": f"{min(memory // 4, 2048 * MIB) // MIB}MB",
        "effective_cache_size": f"{memory // 2 // MIB}MB",
        "wal_buffers": "64MB",  # a step writes faster than the WAL writer wakes up
        "maintenance_work_mem": "256MB",
        "work_mem": "16MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        # The locks of a client whose machine died are released after a minute; by default it takes two hours.
        "tcp_keepalives_idle": 30,
        "tcp_keepalives_interval": 10,
        "tcp_keepalives_count": 3,
        "random_page_cost": 1.1,
        "jit": "off",
        "fsync": "on",
        "synchronous_commit": "on",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "dynamic_shared_memory_type": _dynamic_shared_memory(),
    } | PRIVATE_LOG
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


# An error's message, detail, context and statement can each quote a row. In log_min_messages, `log` ranks above `error`
# (PostgreSQL manual, 19.8): start, stop and fatal errors are logged, errors of statements never.
PRIVATE_LOG = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": -1,
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": -1,
}


def _dynamic_shared_memory() -> str:
    """POSIX shared memory, unless /dev/shm is so small (64 MB by default in containers) that parallel queries fail."""
    large_enough = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).total >= PARALLEL_QUERY_NEEDS
    return "posix" if large_enough else "mmap"
