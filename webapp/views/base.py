"""What all our views share: one set of permissions, kept by Flask-AppBuilder under one name."""

from typing import ClassVar

from flask_appbuilder import BaseView

from webapp.access import PACKETS


class PacketsBase(BaseView):
    """Every view names all permissions: Flask-AppBuilder takes away those that a view of this name does not."""

    class_permission_name = PACKETS
    base_permissions: ClassVar = [
        "can_see",
        "can_see_every_client",
        "can_upload",
        "can_download",
        "can_rerun",
    ]
