"""The settings in docs/campaign-settings.md are those that a campaign accepts, and none is missing there."""

import json
import re

from pipelines.domain.campaign_file import read_campaign
from pipelines.settings import PROJECT

PAGE = (PROJECT / "docs" / "campaign-settings.md").read_text()
SAMPLE = (PROJECT / "pipelines" / "cli" / "sample_campaign.yaml").read_text()
SCHEMA = json.loads((PROJECT / "pipelines" / "domain" / "campaign.schema.json").read_text())
IN_THE_SAMPLE = {"schema", "type", "fields", "rules", "quality"}


def settings():
    return "".join(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))


def test_the_settings_are_accepted():
    lines = [line for line in SAMPLE.splitlines() if not re.match(r"  (window|deadline):", line)]
    whole = "\n".join(lines).replace("details:\n", "details:\n" + re.sub(r"(?m)^(?=.)", "  ", settings()))
    details = read_campaign(whole.encode()).document.details
    assert {"schedule", "window", "deadline", "consent", "valuable", "retention", "replies"} <= details.keys()


def test_every_setting_is_explained():
    explained = set(re.findall(r"(?m)^(\w+):", settings()))
    assert explained == SCHEMA["properties"].keys() - IN_THE_SAMPLE


def test_every_part_of_a_schedule_and_a_window_is_explained():
    parts = {*SCHEMA["properties"]["schedule"]["properties"], *SCHEMA["properties"]["window"]["properties"]}
    assert not [part for part in parts if not re.search(rf"\b{part}\b", PAGE)]
