"""The form for a new password, one's own or another person's."""

from flask_appbuilder.forms import DynamicForm
from flask_login import current_user
from wtforms import Field, PasswordField, ValidationError
from wtforms.validators import DataRequired, EqualTo, Length

from webapp.fab.log_ins import passwords

MIN_LENGTH = 10
LONG_ENOUGH = Length(min=MIN_LENGTH, message="A password needs at least %(min)d characters.")


class PasswordForm(DynamicForm):
    """The current password of the person who sets a new one, because an unlocked screen or a copied cookie is not enough; and the new one, twice."""

    current = PasswordField(
        "Your current password",
        validators=[DataRequired(message="Type the password that you logged in with.")],
    )
    password = PasswordField(
        "New password",
        description=f"At least {MIN_LENGTH} characters. Several words are easier to remember than symbols.",
        validators=[DataRequired(), LONG_ENOUGH],
    )
    conf_password = PasswordField(
        "Repeat the new password",
        description="This guards against typing mistakes.",
        validators=[EqualTo("password", message="The two passwords differ.")],
    )

    def validate_current(self, field: Field) -> None:
        problem = passwords.problem_with_current(current_user, field.data)
        if problem:
            raise ValidationError(problem)
