"""# Every minute

**What it does.** Small errands that keep the packets moving and true whatever died: starts the packets whose start got lost and those
that stand still with work left (three times without progress: then it raises an alarm), applies the providers' callbacks that nobody
has applied yet, closes the provider calls of lanes that died (what they had not begun is ready again; what they had is *unknown* and is
never sent again blindly), recounts settled packets, of which one that does not add up is shown as needing support, and tells people by mail
that their password was changed.

**When a task is red.** The next minute tries again. Red for several minutes: `packetboat doctor` says what is away.

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
        "retry_policy": PacketboatRetryPolicy(),
        "execution_timeout": timedelta(minutes=10),
        "pool": "prepare",
    },
)
def pulse() -> None:
    @task(doc_md="Starts the packets whose start got lost, and those that stand still.", do_xcom_push=False)
    def start_packets() -> None:
        from pipelines import bootstrap

        bootstrap.start_packets()

    @task(doc_md="Applies the callbacks that nobody has applied yet.", do_xcom_push=False)
    def apply_events() -> None:
        from pipelines import bootstrap

        bootstrap.apply_callbacks()

    @task(doc_md="Closes the calls of lanes that died.", do_xcom_push=False)
    def close_dead_calls() -> None:
        from pipelines import bootstrap

        bootstrap.close_calls()

    @task(doc_md="Tells people by mail that their password was changed.", do_xcom_push=False)
    def send_notices() -> None:
        from pipelines import bootstrap

        bootstrap.send_notices()

    @task(
        doc_md="Recounts settled packets; raises an alarm for one that does not add up.", do_xcom_push=False
    )
    def recount() -> None:
        from pipelines import bootstrap

        bootstrap.recount()

    start_packets()
    apply_events()
    close_dead_calls()
    send_notices()
    recount()


pulse()
