"""Links a run or a task in Airflow to the packet's page in the portal: a "Packet" tab and a button."""

import os
from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperator, BaseOperatorLink
from airflow.sdk.types import TaskInstanceKey

# The launcher sets these for this plugin only. People may reach the portal at another URL than providers do.
PORTAL = os.environ.get("PACKETBOAT_PORTAL_PUBLIC_URL") or os.environ.get("PACKETBOAT_PUBLIC_URL", "")


class OpenPacket(BaseOperatorLink):
    """The "Open packet" button on a task of the DAG `packet`."""

    name = "Open packet"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        return f"{PORTAL}/packets/run/{ti_key.run_id}" if operator.dag_id == "packet" else ""


def _tab(destination: str) -> dict[str, str]:
    return {
        "name": "Packet",
        "href": PORTAL + "/packets/run/{RUN_ID}?framed=1",
        "destination": destination,
        "url_route": f"packet-{destination.replace('_', '-')}",
        "category": "packetboat",
    }


class PacketLink(AirflowPlugin):
    name = "packet_link"
    # Airflow annotates these as attributes of an instance, but reads them from the class.
    global_operator_extra_links: ClassVar = [OpenPacket()]  # type: ignore[misc]
    external_views: ClassVar = [_tab("dag_run"), _tab("task_instance")] if PORTAL else []  # type: ignore[misc]
