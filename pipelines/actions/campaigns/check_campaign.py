"""Finds everything that is wrong with a campaign before it is saved, and not when its first packet fails."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.channels import channels
from pipelines.channels.wording.template import TemplateRefused
from pipelines.channels.wording.values import allowed_names
from pipelines.domain.campaign_document import Path, shape_mistakes
from pipelines.domain.campaign_mistakes import Mistake
from pipelines.language import Sentence
from pipelines.replies.named import name_mistakes
from pipelines.schedule.holidays import knows

REPLIES = ("details", "replies")

Texts = Mapping[str, Mapping[str, Mapping[str, str]]]


def campaign_mistakes(document: Any) -> list[Mistake]:
    """Every mistake in a document of campaign_file.schema.json.

    Violations of the schemas; a text that cannot be used, or that uses a name that the campaign does not declare; a rule that sends on a
    channel without a text. A part that violates its schema is not checked further.
    """
    wrong = shape_mistakes(document)
    texts, rules = (_sound(document, path, wrong) for path in (("texts",), ("details", "rules")))
    fields = _sound(document, ("details", "fields"), wrong, {})
    named = _sound(document, REPLIES, wrong, {})
    more = list(name_mistakes(named, REPLIES)) if named else []
    if texts is not None and rules is not None:
        more += _without_text(rules, texts)
    if texts is not None and fields is not None:
        more += _unusable(fields, texts)
    if window := _sound(document, ("details", "window"), wrong):
        more += _unknown_holidays(window)
    return wrong + more


def _sound(document: Any, path: Path, wrong: Sequence[Mistake], absent: Any = None) -> Any:
    """The value at this path if nothing is wrong with it or within it, else None; `absent` if there is no value."""
    if any(mistake.path[: len(path)] == path for mistake in wrong):
        return None
    for key in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(key, absent)
    return document


def _unknown_holidays(window: Mapping[str, Any]) -> Iterator[Mistake]:
    country, subdivision = window.get("country"), window.get("subdivision")
    if country is not None and not knows(country, subdivision):
        place = country if subdivision is None else f"{country}-{subdivision}"
        yield Mistake(Sentence("holidays_unknown", {"place": place}), ("details", "window", "country"))


def _without_text(rules: Sequence[Mapping[str, Any]], texts: Texts) -> Iterator[Mistake]:
    for place, rule in enumerate(rules):
        if rule["send"] not in texts:
            sentence = Sentence("rule_without_text", {"rule": rule["name"], "channel": rule["send"]})
            yield Mistake(sentence, ("details", "rules", place, "send"))


def _unusable(fields: Mapping[str, Sequence[str]], texts: Texts) -> Iterator[Mistake]:
    allowed = allowed_names((*fields.get("required", ()), *fields.get("optional", ())))
    for name, by_language in texts.items():
        channel = channels().get(name)
        if channel is None:
            params = {"channel": name, "channels": list(channels())}
            yield Mistake(Sentence("text_for_unknown_channel", params), ("texts", name))
            continue
        for language, text in by_language.items():
            try:
                channel.read(text, language, allowed)
            except TemplateRefused as refused:
                where = {"channel": channel.as_sentence, "language": language}
                for one in refused.sentences:
                    sentence = Sentence("mistake_in_text", where | {"mistake": one})
                    yield Mistake(sentence, ("texts", name, language))
