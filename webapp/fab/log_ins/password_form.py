"""The form for a new password, whoever's it is."""

from flask_appbuilder.forms import DynamicForm
from flask_login import current_user
from wtforms import Field, PasswordField, ValidationError
from wtforms.validators import DataRequired, EqualTo, Length

from webapp.fab.log_ins import passwords

SHORTEST_PASSWORD = 10
LONG_ENOUGH = Length(min=SHORTEST_PASSWORD, message="A password has at least %(min)d characters.")


class PasswordForm(DynamicForm):
    """The present password of whoever sets a new one: an open screen or a copied cookie is not enough. The new one, twice."""

    present = PasswordField(
        "Your present password",
        validators=[DataRequired(message="Type the password that you logged in with.")],
    )
    password = PasswordField(
        "New password",
        description=f"At least {SHORTEST_PASSWORD} characters; several words are easier to keep than signs.",
        validators=[DataRequired(), LONG_ENOUGH],
    )
    conf_password = PasswordField(
        "Once more",
        description="The same again, so that a slip is noticed.",
        validators=[EqualTo("password", message="The two passwords differ.")],
    )

    def validate_present(self, field: Field) -> None:
        wrong = passwords.wrong_present(current_user, field.data)
        if wrong:
            raise ValidationError(wrong)
