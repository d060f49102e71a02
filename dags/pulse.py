"""# Every minute

**What it does.** Runs small errands that keep packets moving and correct after any crash:

- It puts everything on hold if the database was restored.
- It applies callbacks from providers that have not been applied yet, and reads replies that have not been read.
- It closes the provider calls of dead lanes. Calls that had not started make their messages ready again. Messages of calls that had
  started become *unknown*.
- It looks for unknown messages in the provider's list. Those in it were accepted; those that two lists lack are ready again.
- It finishes packets that were cancelled while something was in flight.
- It expires messages that pass their deadline while nothing is sent, because their channel waits or their packet is paused, stopped or
  without credit. It raises an alarm about a provider in long trouble.
- It pauses packets whose failures soar. It warns about clients whose e-mails people mark as spam, and stops these e-mails in time.
- It reserves the credit of packets that wait for it, starts them, and warns when credit runs low.
- It forecasts when each packet will be all out, and notes when it was.
- It starts packets whose start was lost, packets whose waiting time is over, and packets that have stalled with work left. After three
  starts without progress it raises an alarm instead.
- It notifies people by mail of new passwords and alarms. It answers STOP, START and HELP where the provider does not, and forwards replies
  to their clients.
- It asks providers about messages whose final report never came.
- It recounts settled packets. One that does not add up is shown as needing support.

All errands share one task, because each task run leaves a log file and several rows in Airflow. `pipelines.errands.ERRANDS` lists them.

**When a task is red.** Its log names the errand that failed (`errand_failed`); the others ran anyway. The next minute tries again. If it stays
red for several minutes, `packetboat doctor` says what is unavailable.

**Is a rerun safe?** Yes, always, even several at once.
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
        "retries": 1,  # the next minute tries again anyway, but a normal stop of Packetboat must not leave a red run
        # After a killed worker no policy runs, and Airflow's default delay is five minutes.
        "retry_delay": timedelta(seconds=5),
        "retry_policy": PacketboatRetryPolicy(),
        "execution_timeout": timedelta(minutes=10),
        "pool": "prepare",
    },
)
def pulse() -> None:
    @task(doc_md="Runs each errand in turn, even after one that failed.", do_xcom_push=False)
    def run_errands() -> None:
        from pipelines import errands

        errands.run_errands()

    run_errands()


pulse()
