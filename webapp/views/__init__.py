"""The portal's own pages, a file per matter."""

from webapp.views.held import HeldView
from webapp.views.home import IndexView
from webapp.views.packet import PacketView
from webapp.views.packets import PacketsView

VIEWS = (PacketsView, PacketView, HeldView)

__all__ = ["VIEWS", "IndexView"]
