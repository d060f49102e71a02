"""The portal's own pages, a file per matter."""

from webapp.views.held import HeldView
from webapp.views.home import IndexView
from webapp.views.messages import MessagesView
from webapp.views.packet import PacketView
from webapp.views.packets import PacketsView
from webapp.views.rerun import RerunView
from webapp.views.upload import UploadView

VIEWS = (PacketsView, PacketView, HeldView, MessagesView, UploadView, RerunView)

__all__ = ["VIEWS", "IndexView"]
