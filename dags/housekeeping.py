"""# Housekeeping

**What it does.** Four times a day it deletes what would otherwise only grow: logs, incomplete uploads of killed processes, and Airflow's
records of the errands. It runs four times so that a machine that is off at night is cleaned, too.

| Task | What it deletes | When |
| --- | --- | --- |
| `delete_old_logs` | logs of tasks, DAG files and processes | those of a packet after `PACKETBOAT_LOG_DAYS` (14), but never before it is finished; those of `pulse`, of this DAG and of DAG files after 2 days |
| `delete_unfinished_uploads` | files named `incoming-…` | after a day |
| `erase_personal_data` | personal data of packets and their uploaded files; totals, states and accounts stay | some days after the packet was settled, by the type of its campaign (pipelines/domain/retention.py) |
| `delete_errand_runs` | Airflow's runs of `pulse` and of this DAG, with their tasks | after 2 days |
| `verify_ledger` | nothing: it proves that the ledger adds up and that the providers list what we recorded (docs/protocols.md#ledger), and holds the new packets of a client for whom it does not | |
| `forget_audit_log` | their entries in Airflow's audit log | after 2 days |

Runs of packets stay in Airflow.

**When a task is red.** Nothing is lost; the next run tries again. If it stays red for a day, the disk slowly fills. The task's log says what it
could not delete; `packetboat doctor` says how much space is left.

**Is a rerun safe?** Yes, always, even several at once.
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

    @task(doc_md="Deletes incomplete uploads of killed processes.", do_xcom_push=False)
    def delete_unfinished_uploads() -> None:
        from pipelines import errands

        errands.delete_unfinished_uploads()

    @task(doc_md="Erases personal data of packets whose retention is over.", do_xcom_push=False)
    def erase_personal_data() -> None:
        from pipelines import errands

        errands.erase_personal_data()

    @task(doc_md="Deletes Airflow's old runs of pulse and of this DAG.", do_xcom_push=False)
    def delete_errand_runs() -> None:
        from pipelines import errands

        errands.delete_errand_runs()

    @task(doc_md="Deletes the entries about those runs from Airflow's audit log.", do_xcom_push=False)
    def forget_audit_log() -> None:
        from pipelines import errands

        errands.forget_audit_log()

    @task(
        doc_md="Proves that the ledger of each client adds up, and compares it with the providers' lists.",
        do_xcom_push=False,
    )
    def verify_ledger() -> None:
        from pipelines import errands

        errands.verify_ledger()

    verify_ledger()
    delete_old_logs()
    delete_unfinished_uploads()
    erase_personal_data()
    delete_errand_runs()
    forget_audit_log()


housekeeping()
