"""The newest version of a campaign with its texts, and the list of campaigns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from pipelines.domain.campaign_document import CampaignDocument, Text
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text with its id and its own version."""

    id: UUID
    version: int
    text: Text


@dataclass(frozen=True)
class CurrentCampaign:
    """`created_at` and `created_by` belong to the version; `texts` are those of `document`, as they are stored."""

    id: UUID
    state: str
    version: int
    created_at: datetime
    created_by: str
    document: CampaignDocument
    texts: tuple[StoredText, ...]

    @classmethod
    def read(cls, uow: UnitOfWork, client_id: UUID, slug: str) -> Self | None:
        """None when the client has no such campaign."""
        parameters = {"client_id": client_id, "slug": slug}
        row = uow.execute(sql("reports/campaign/campaign"), parameters).one_or_none()
        if row is None:
            return None
        texts = tuple(
            StoredText(
                one.id, one.version, Text(one.channel, one.language, one.body, one.subject, one.parts or {})
            )
            for one in uow.all(sql("reports/campaign/texts"), {"version_id": row.version_id})
        )
        return cls(
            row.id,
            row.state,
            row.version,
            row.created_at,
            row.created_by,
            CampaignDocument(row.slug, row.name, row.details, tuple(stored.text for stored in texts)),
            texts,
        )


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in a list. `client` is the client's short name; `changed_at` is when its newest version was created."""

    client: str
    slug: str
    name: str
    state: str
    version: int
    changed_at: datetime
    type: str


def campaigns(uow: UnitOfWork) -> list[CampaignLine]:
    """Every campaign that the transaction may see, by client and short name."""
    return [CampaignLine(**row) for row in uow.execute(sql("reports/campaign/campaigns")).mappings()]
