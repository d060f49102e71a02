"""# Every minute

**What it does.** Small errands that keep the packets moving and true whatever died: applies the providers' callbacks that nobody has
applied yet, closes the provider calls of lanes that died (what they had not begun is ready again; what they had is *unknown* and is never
sent again blindly), starts the packets whose start got lost, those whose sending goes on now, and those that stand still with work left (three times without
progress: then it raises an alarm), tells people by mail that their password was changed, and recounts settled packets, of which one that does not add
up is shown as needing support. They are one task, because each task of each minute leaves a log file and several rows with Airflow;
`pipelines.errands.ERRANDS` lists them.

**When a task is red.** Its log names the errand that failed (`errand_failed`); the others were run all the same. The next minute
tries again. Red for several minutes: `packetboat doctor` says what is away.

**Is a rerun safe?** Yes, always; several at once as well.
"""

from datetime import timedelta

from airflow.sdk import dag, task
from packetboat_retry import PacketboatRetryPolicy


@dag(
    dag_id="pulse",
    schedule="* * * * *",
    catchup=False,
    doc_md=__doc__,
    tags=["ops"],
    max_active_runs=1,
    default_args={
        "owner": "packetboat",
        "retries": 1,  # the next minute comes anyway, but an ordinary stop of Packetboat must not leave a red run
        # After a killed worker no policy is asked, and Airflow's own delay is five minutes.
        "retry_delay": timedelta(seconds=5),
        "retry_policy": PacketboatRetryPolicy(),
        "execution_timeout": timedelta(minutes=10),
        "pool": "prepare",
    },
)
def pulse() -> None:
    @task(doc_md="Each errand in turn, also after one that failed.", do_xcom_push=False)
    def run_errands() -> None:
        from pipelines import errands

        errands.run_errands()

    run_errands()


pulse()
