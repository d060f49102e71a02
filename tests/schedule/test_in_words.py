"""The schedule of a campaign in sentences, in every language."""

import pytest

from pipelines.domain.campaign import Campaign, CampaignInvalid
from pipelines.language import LANGUAGES, say
from pipelines.schedule.in_words import in_words
from tests.builders import REMINDER

STEPS = [
    {"name": "early", "before": {"days": 3}, "at": "10:00"},
    {"name": "soon", "before": {"hours": 2, "minutes": 30}, "tolerance_minutes": 45},
    {"name": "today", "before": {"days": 0}, "at": "08:00"},
    {"name": "later", "after": {"days": 1}},
    {"name": "thanks", "after": {"days": 1}, "at": "09:30"},
]
WINDOW = {"hours": "07:00-21:00", "reason": "farmers", "weekdays": ["fri", "mon"], "holidays": "skip"}


def campaign(window=WINDOW, **schedule):
    details = REMINDER | {"schedule": schedule} | ({"window": window} if window else {})
    if not window:
        del details["window"]
    return Campaign.from_json(details)


def sentences(one, language="en"):
    return [say(sentence, language) for sentence in in_words(one)]


def test_steps_conditions_and_hours():
    assert sentences(campaign(steps=STEPS, not_if_booked_within_hours=24, one_per_person_and_day=True)) == [
        "“early”: 3 days before the contact, at 10:00. Messages more than 12 hours late are not sent.",
        "“soon”: 2 hours and 30 minutes before the contact. Messages more than 45 minutes late are not sent.",
        "“today”: on the day of the contact, at 08:00. Messages more than 12 hours late are not sent.",
        "“later”: 1 day after the contact. Messages more than 12 hours late are not sent.",
        "“thanks”: 1 day after the contact, at 09:30. Messages more than 12 hours late are not sent.",
        "A step is skipped for people who booked less than 24 hours before it.",
        "A person with several contacts on the same day in one file gets one message, for the first of them.",
        "Messages go out only between 07:00 and 21:00, in the recipient’s time zone.",
        "Reason for these hours: farmers",
        "Messages go out only on Monday and Friday.",
        "No messages go out on public holidays.",
    ]


def test_a_campaign_without_schedule_and_window_keeps_quiet_hours():
    assert sentences(campaign(None)) == [
        "Messages go out as soon as they are prepared. If nothing of a packet has begun within 7 days, none of it is sent.",
        "Messages go out only between 08:00 and 21:00, in the recipient’s time zone.",
    ]
    marketing = Campaign.from_json(
        {key: REMINDER[key] for key in ("schema", "rules")} | {"type": "announcement"}
    )
    assert (
        sentences(marketing)[1]
        == "Messages go out only between 09:00 and 20:00, in the recipient’s time zone."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_read_in_every_language(language):
    for one in (campaign(steps=STEPS), campaign(start="2036-12-01T09:00")):
        assert all(text and "{" not in text for text in sentences(one, language))


@pytest.mark.parametrize(
    ("schedule", "window", "sentence"),
    [
        ({"start": "2036-02-30T09:00"}, None, "The start date does not exist."),
        ({"start": "2036-02-20T09:00", "steps": STEPS}, None, "A schedule has either a start or steps, not both."),
        ({"steps": [{"name": "x"}]}, None, "The step “x” needs either “before” or “after”, not both."),
        ({"steps": [{"name": "x", "before": {"hours": 2}, "at": "10:00"}]}, None, "The step “x” has a time of day, so its distance must be given in days only."),
        ({"steps": [STEPS[0], STEPS[0]]}, None, "Two steps are named “early”."),
        ({"not_if_booked_within_hours": 3}, None, "“not_if_booked_within_hours” needs steps."),
        ({}, {"hours": "any"}, "Hours beyond 08:00-21:00, the default for appointment_reminder, need a “reason”."),
        ({}, {"hours": "20:00-08:00"}, "The hours must end later than they begin, on the same day."),
        ({}, {"hours": "08:00-25:00"}, "window, hours must be “any” or hours like 08:00-21:00."),
        ({}, {"subdivision": "CA"}, "A “subdivision” needs its “country”."),
        ({"start": "tomorrow"}, None, "schedule, start must be a date and a time like 2026-12-01T09:00."),
        ({"one_per_person_and_day": "yes"}, None, "schedule, one_per_person_and_day must be true or false."),
    ],
)  # fmt: skip
def test_mistakes_are_told(schedule, window, sentence):
    with pytest.raises(CampaignInvalid) as caught:
        campaign(window, **schedule)
    assert sentence in [say(mistake.sentence) for mistake in caught.value.mistakes]
