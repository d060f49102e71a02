"""# Housekeeping

**What it does.** Four times a day it deletes what only grows: logs, uploads that a killed process left half received, and Airflow's
records of its own errands. Four times, so that a machine that sleeps at night is swept, too.

| Task | What goes | When |
| --- | --- | --- |
| `delete_old_logs` | logs of tasks, DAG files and processes | a packet's after `PACKETBOAT_LOG_DAYS` (14), never while it is not finished; those of `pulse`, of this DAG and of DAG files after 2 days |
| `delete_unfinished_uploads` | files named `incoming-…` | after a day |
| `delete_errand_runs` | Airflow's runs of `pulse` and of this DAG, with their tasks | after 2 days |
| `forget_audit_log` | what Airflow's audit log says of them | after 2 days |

Runs of packets stay in Airflow, and so do uploaded files: how long those are kept is another matter.

**When a task is red.** Nothing is lost, the next run tries again. Red for a day: the disk slowly fills; the task's log says what it
could not delete, `packetboat doctor` how much room is left.

**Is a rerun safe?** Yes, always; several at once as well.
"""

from datetime import timedelta

from airflow.sdk import dag, task
from packetboat_retry import PacketboatRetryPolicy


@dag(
    dag_id="housekeeping",
    schedule="17 */6 * * *",
    catchup=False,
    doc_md=__doc__,
    tags=["ops"],
    max_active_runs=1,
    default_args={
        "owner": "packetboat",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": PacketboatRetryPolicy(),
        "execution_timeout": timedelta(hours=1),
        "pool": "prepare",
    },
)
def housekeeping() -> None:
    @task(doc_md="Deletes old logs of tasks, DAG files and processes.", do_xcom_push=False)
    def delete_old_logs() -> None:
        from pipelines import errands

        errands.delete_old_logs()

    @task(doc_md="Deletes what killed processes left half received.", do_xcom_push=False)
    def delete_unfinished_uploads() -> None:
        from pipelines import errands

        errands.delete_unfinished_uploads()

    @task(doc_md="Deletes Airflow's old runs of pulse and of this DAG.", do_xcom_push=False)
    def delete_errand_runs() -> None:
        from pipelines import errands

        errands.delete_errand_runs()

    @task(doc_md="Deletes what Airflow's audit log says of those runs.", do_xcom_push=False)
    def forget_audit_log() -> None:
        from pipelines import errands

        errands.forget_audit_log()

    delete_old_logs()
    delete_unfinished_uploads()
    delete_errand_runs()
    forget_audit_log()


housekeeping()
