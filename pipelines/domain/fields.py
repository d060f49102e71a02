"""The fields that Packetboat knows, and the names under which businesses keep them (English, French, Spanish)."""

import re
import unicodedata
from dataclasses import dataclass

from pipelines.language import Sentence

_NOT_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Field:
    """`name` is what templates and rules use; `title` is for sentences; `synonyms` are column names that mean it."""

    name: str
    title: str
    synonyms: tuple[str, ...]


FIELDS = (
    Field("external_id", "number", (
        "id", "ref", "reference", "external id", "customer id", "customer number", "client id", "client number", "patient id",
        "patient number", "mrn", "member id", "member number", "contact id", "record id", "appointment id", "account number",
        "numero client", "numero patient", "n client", "identifiant", "id client", "id patient", "dossier", "numero dossier",
        "codigo", "id cliente", "numero de cliente", "id paciente", "numero de paciente", "referencia", "expediente",
    )),
    Field("first_name", "first name", (
        "first", "firstname", "fname", "given name", "given names", "forename", "christian name", "patient first name",
        "prenom", "prenoms", "prenom du patient", "prenom patient",
        "nombre", "nombres", "nombre de pila", "primer nombre",
    )),
    Field("last_name", "last name", (
        "last", "lastname", "lname", "surname", "family name", "patient last name",
        "nom", "nom de famille", "nom du patient", "nom patient",
        "apellido", "apellidos", "primer apellido",
    )),
    Field("full_name", "name", (
        "name", "fullname", "customer", "customer name", "client", "client name", "patient", "patient name", "contact name",
        "nom complet", "nom et prenom", "nom prenom", "prenom nom", "nombre completo", "nombre y apellidos", "cliente", "paciente",
    )),
    Field("phone", "mobile number", (
        "phone", "mobile", "cell", "cellphone", "cell phone", "cell number", "mobile phone", "mobile number", "mobile no",
        "phone number", "phone no", "phone 1", "tel", "tel no", "telephone", "telephone number", "sms", "sms number", "whatsapp",
        "contact number", "msisdn", "handy", "gsm",
        "telephone portable", "tel portable", "portable", "numero de telephone", "numero telephone", "numero portable", "num tel",
        "n telephone", "mobile patient",
        "telefono", "telefono movil", "movil", "celular", "numero de telefono", "numero de movil", "numero movil", "telefono celular",
    )),
    Field("email", "e-mail address", (
        "email", "mail", "e mail", "email address", "mail address", "e mail address", "email 1",
        "courriel", "adresse email", "adresse e mail", "adresse mail", "adresse electronique", "mel",
        "correo", "correo electronico", "direccion de correo", "direccion email", "e correo",
    )),
    Field("language", "language", (
        "lang", "locale", "preferred language", "language code", "spoken language",
        "langue", "langue preferee", "code langue",
        "idioma", "lengua", "idioma preferido",
    )),
    Field("contact_at", "date and time", (
        "appointment", "appointment at", "appointment date time", "appointment datetime", "appointment date and time", "appt",
        "appt datetime", "appt date time", "datetime", "date time", "date and time", "start", "starts at", "start time and date",
        "scheduled at", "event datetime", "timestamp",
        "rendez vous", "rdv", "date et heure", "date heure", "date et heure du rendez vous", "date heure rdv", "date et heure rdv",
        "cita", "fecha y hora", "fecha hora", "fecha y hora de la cita",
    )),
    Field("contact_date", "date", (
        "date", "day", "appointment date", "appointment day", "appt date", "visit date", "event date", "start date", "due date",
        "scheduled date", "booking date", "date of appointment", "meeting date", "session date",
        "jour", "date rdv", "date du rdv", "date rendez vous", "date du rendez vous", "date de rendez vous", "date de visite",
        "fecha", "dia", "fecha cita", "fecha de cita", "fecha de la cita", "fecha de visita",
    )),
    Field("contact_time", "time", (
        "time", "hour", "appointment time", "appt time", "visit time", "event time", "start time", "scheduled time", "booking time",
        "time of appointment", "meeting time", "session time",
        "heure", "heure rdv", "heure du rdv", "heure rendez vous", "heure du rendez vous", "heure de rendez vous", "horaire",
        "hora", "hora cita", "hora de cita", "hora de la cita", "horario",
    )),
)  # fmt: skip
BY_NAME = {field.name: field for field in FIELDS}


def title_of(name: str) -> Sentence | str:
    """A field as a sentence names it; a column of the file by the name it has there."""
    return Sentence(f"field_{name}") if name in BY_NAME else name


def words(text: str) -> str:
    """The words of a column name, comparable: without accents, case and punctuation. `"E-mail "` → `"e mail"`, `"Téléphone"` → `"telephone"`."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)", " ", plain)
    return _NOT_WORD.sub(" ", spaced.casefold()).strip()


def slug(text: str) -> str:
    """A column name as a template may use it: `"Dr. Name"` → `"dr_name"`. Never empty, never begins with a digit."""
    name = words(text).replace(" ", "_")
    return name if name and not name[0].isdigit() else f"column_{name}".rstrip("_")


def _keys() -> dict[str, str]:
    keys: dict[str, str] = {}
    for field in FIELDS:
        for synonym in (field.name, *field.synonyms):
            keys.setdefault(words(synonym).replace(" ", ""), field.name)
    return keys


KEYS = _keys()


def field_of(column: str) -> str | None:
    """The field that a column name means, None when it means none that we know."""
    return KEYS.get(words(column).replace(" ", ""))
