"""# Packet

**What it does.** Turns one uploaded file into messages. One run is one packet (`conf: {"packet_id": …}`). The portal starts it
with the run id `packet-<id>-r<revision>`, so that Airflow itself refuses a second start.

| Task | What happens | Output |
| --- | --- | --- |
| `load` | loads the file into the staging table, line by line; unreadable lines are held | `data_packet_row`, `held_row` |
| `map_fields` | finds which column is which field, as remembered for this feed | `load_map`, chosen on the packet |
| `clean` | brings phones, addresses, names and dates into one form; holds duplicates and unusable rows | `clean_row`, `held_row` |
| `check` | runs the feed's quality suite; stops a wrong file before anything is sent | `quality_result` |
| `assemble` | decides channel, text and deadline of each message | `message`, `message_series` |
| `dispatch` | lanes claim ready messages, call the provider, and record the answer | `provider_call`, `attempt` |
| `settle` | gives every row its outcome, and checks that they add up | `packet_total` |

**When a task is red.** Open the "Packet" tab: it says in one sentence what is wrong and what to do. If waiting could help, the task
has already been retried. Fix the problem, then clear the task, including downstream tasks.

**Is a rerun safe?** Yes, of any task, red or green. A prepare step replaces its own output as long as nothing has been sent; after
that it changes nothing and says so. A lane claims only ready messages, and never one in state *unknown*.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from airflow.sdk import Param, dag, get_current_context, task
from packetboat_retry import PacketboatRetryPolicy

from pipelines.language import say
from pipelines.language.vocabulary import step_title


def title(step: str) -> str:
    """The title of a step, as in the portal and on the command line."""
    return say(step_title(step))


def give_up(context: Any) -> None:
    """Record on the packet that Airflow has given up on the task."""
    from pipelines import errands

    run = context["dag_run"]
    errands.give_up(UUID(run.conf["packet_id"]), context["ti"].task_id, run.run_id)


def run_step(step: str, lane: str | None = None) -> str:
    """Run a step for the packet of this run; return the packet's id."""
    from pipelines import errands
    from pipelines.channels.lanes import Lane

    context = get_current_context()
    conf = context["dag_run"].conf or {}
    packet_id: str = conf["packet_id"]
    errands.run_step(
        step,
        UUID(packet_id),
        run_id=context["dag_run"].run_id,
        lane=Lane.parse(lane) if lane else None,
        prepared=conf.get("prepared", False),
    )
    return packet_id


@dag(
    dag_id="packet",
    schedule=None,
    doc_md=__doc__,
    tags=["client-facing", "money"],
    params={
        "packet_id": Param(type="string", format="uuid", description="the packet to run"),
        "prepared": Param(
            False, type="boolean", description="everything is prepared; only sending continues"
        ),
    },
    # More than there are ever slots: the pools limit the work, and runs must not. A packet whose lanes give their turn back keeps its run, so
    # with Airflow's default of 16, sixteen large packets would keep a small one from even being loaded.
    max_active_runs=128,
    max_active_tasks=8,
    default_args={
        "owner": "packetboat",
        # In effect unlimited: a full disk or a missing database may last for days. Errors that waiting cannot fix are not retried,
        # and our policy and the journal limit all others.
        "retries": 5000,
        "retry_delay": timedelta(seconds=5),
        "retry_policy": PacketboatRetryPolicy(),
        "on_failure_callback": give_up,
        "execution_timeout": timedelta(hours=6),
        "pool": "prepare",
        "weight_rule": "absolute",
    },
)
def packet() -> None:
    @task(
        task_display_name=title("load"),
        doc_md="Reads the file into the staging table, line by line.",
        do_xcom_push=False,
    )
    def load() -> None:
        run_step("load")

    @task(
        task_display_name=title("map_fields"), doc_md="Finds which column is which field.", do_xcom_push=False
    )
    def map_fields() -> None:
        run_step("map_fields")

    @task(
        task_display_name=title("clean"),
        doc_md="Brings every cell into its standard form; holds rows that cannot be used.",
        do_xcom_push=False,
    )
    def clean() -> None:
        run_step("clean")

    @task(
        task_display_name=title("check"),
        doc_md="Runs the feed's quality suite on the file.",
        do_xcom_push=False,
    )
    def check() -> None:
        run_step("check")

    @task(
        task_display_name=title("assemble"), doc_md="Assembles one message per person, and plans the lanes."
    )
    def assemble() -> list[str]:
        from pipelines import errands

        packet_id = run_step("assemble")
        return [lane.title for lane in errands.lanes_of(UUID(packet_id))]

    @task(
        task_display_name=title("dispatch"),
        doc_md="Claims ready messages, calls the provider and records the answers, until nothing is due.",
        pool="dispatch",
        map_index_template="{{ task.op_kwargs['lane'] }}",
        do_xcom_push=False,
    )
    def dispatch(lane: str) -> None:
        run_step("dispatch", lane)

    @task(
        task_display_name=title("settle"),
        doc_md="Gives every row its outcome and adds them up.",
        trigger_rule="all_done",
        do_xcom_push=False,
    )
    def settle() -> None:
        run_step("settle")

    lanes = assemble()
    load() >> map_fields() >> clean() >> check() >> lanes
    dispatch.expand(lane=lanes) >> settle()


packet()
