"""The portal's own pages, a file per matter."""

from webapp.views.home import IndexView

VIEWS: tuple[type, ...] = ()

__all__ = ["VIEWS", "IndexView"]
