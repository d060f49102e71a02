"""As many empty tasks, one after the other, as a packet has: what Airflow itself costs. Used by `packetboat bench latency`."""

from airflow.sdk import dag, task


@dag(dag_id="empty_chain", schedule=None, tags=["ops"], default_args={"pool": "prepare"})
def empty_chain() -> None:
    before = None
    for number in range(7):

        @task(task_id=f"empty_{number + 1}", do_xcom_push=False)
        def nothing() -> None:
            """Do nothing."""

        done = nothing()
        if before is not None:
            before >> done
        before = done


empty_chain()
