"""# A packet runs

**What it does.** Takes one uploaded file from rows to messages. One run is one packet (`conf: {"packet_id": …}`), started by the
portal with the run id `packet-<id>-r<revision>`, so that a second start is refused by Airflow itself.

| Task | What happens | Leaves behind |
| --- | --- | --- |
| `load` | the file, line by line, into the staging table; unreadable lines are held | `data_packet_row`, `held_row` |
| `map_fields` | which column is which field, as remembered for this feed | `load_map`, chosen on the packet |
| `clean` | phones, addresses, names, dates in one form; duplicates and unusable rows are held | `clean_row`, `held_row` |
| `check` | the feed's quality suite; stops a wrong file before anything is sent | `quality_result` |
| `assemble` | channel, text and deadline of each message | `message`, `message_series` |
| `dispatch` | lanes claim what is ready, call the provider, record the answer | `provider_call`, `attempt` |
| `settle` | every row has one outcome and they add up | `packet_total` |

**When a task is red.** Open the "Packet" tab: it says in one sentence what is wrong and what to do. Retries have been made already
where waiting could help. Put right what the sentence names, then clear the task, downstream included.

**Is a rerun safe?** Yes, of any task, red or green. A prepare step replaces its own output as long as nothing was sent; after that
it changes nothing and says so. A lane claims only what is ready, and a message whose fate is unknown is never claimed.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from airflow.sdk import Param, dag, get_current_context, task
from packetboat_retry import PacketboatRetryPolicy

from pipelines.language import say
from pipelines.language.vocabulary import step_title


def title(step: str) -> str:
    """What the portal and the command line call this step."""
    return say(step_title(step))


def give_up(context: Any) -> None:
    """Airflow has used up its tries: leave word on the packet."""
    from pipelines import errands

    errands.give_up(UUID(context["dag_run"].conf["packet_id"]), context["ti"].task_id)


def run_step(step: str, lane: str | None = None) -> str:
    """Run a step of this run's packet; returns its packet's id."""
    from pipelines import errands
    from pipelines.channels.lanes import Lane

    context = get_current_context()
    packet_id: str = context["dag_run"].conf["packet_id"]
    errands.run_step(
        step,
        UUID(packet_id),
        run_id=context["dag_run"].run_id,
        lane=Lane.parse(lane) if lane else None,
        prepared=context["dag_run"].conf.get("prepared", False),
    )
    return packet_id


@dag(
    dag_id="packet",
    schedule=None,
    doc_md=__doc__,
    tags=["client-facing", "money"],
    params={
        "packet_id": Param(type="string", format="uuid", description="the packet to run"),
        "prepared": Param(False, type="boolean", description="all is prepared, and only sending goes on"),
    },
    max_active_runs=16,
    max_active_tasks=8,
    default_args={
        "owner": "packetboat",
        # Without limit, as far as Airflow knows that: a full disk or a database may be away for days. What waiting cannot help is not
        # retried, and our policy and the journal end what fails in other ways.
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
        doc_md="Brings every cell into its one form; holds what cannot be used.",
        do_xcom_push=False,
    )
    def clean() -> None:
        run_step("clean")

    @task(
        task_display_name=title("check"),
        doc_md="Asks the feed's quality suite whether this file may go on.",
        do_xcom_push=False,
    )
    def check() -> None:
        run_step("check")

    @task(task_display_name=title("assemble"), doc_md="Makes one message per person, and plans the lanes.")
    def assemble() -> list[str]:
        from pipelines import errands

        packet_id = run_step("assemble")
        return [lane.title for lane in errands.lanes_of(UUID(packet_id))]

    @task(
        task_display_name=title("dispatch"),
        doc_md="Claims what is ready, calls the provider, records the answer, until nothing is due.",
        pool="dispatch",
        map_index_template="{{ task.op_kwargs['lane'] }}",
        do_xcom_push=False,
    )
    def dispatch(lane: str) -> None:
        run_step("dispatch", lane)

    @task(
        task_display_name=title("settle"),
        doc_md="Gives every row its outcome and adds up.",
        trigger_rule="all_done",
        do_xcom_push=False,
    )
    def settle() -> None:
        run_step("settle")

    lanes = assemble()
    load() >> map_fields() >> clean() >> check() >> lanes
    dispatch.expand(lane=lanes) >> settle()


packet()
