"""Creates the roles and databases on a new server: the owner for migrations, the portal and the steps, and Airflow's own."""

from dataclasses import dataclass

from psycopg import Connection, connect, sql

# Role and its secret. `owner` owns the tables, `app` is the portal, `worker` runs the steps. None of them bypasses row-level security.
ROLES = {
    "packetboat_owner": "db_owner",
    "packetboat_app": "db_app",
    "packetboat_worker": "db_worker",
    "airflow": "db_airflow",
}


@dataclass(frozen=True)
class Databases:
    """The names of the two databases on one server."""

    packetboat: str = "packetboat"
    airflow: str = "airflow"


def provision(admin_dsn: str, secrets: dict[str, str], names: Databases = Databases()) -> None:
    """Create roles, databases and the schema if missing; set the passwords from `secrets`.

    The role in `admin_dsn` must be allowed to create roles and databases. Safe to run again, and concurrently.
    """
    with connect(admin_dsn, autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(hashtext('packetboat provision'))")
        for role, secret in ROLES.items():
            _ensure_role(admin, role, secrets[secret])
        _ensure_database(admin, names.packetboat, "packetboat_owner")
        _ensure_database(admin, names.airflow, "airflow")
        admin.execute(
            sql.SQL("alter database {} set search_path = packetboat, public").format(
                sql.Identifier(names.packetboat)
            )
        )
    with connect(admin_dsn, dbname=names.packetboat, autocommit=True) as admin:
        admin.execute("create schema if not exists packetboat authorization packetboat_owner")
        # Flask-AppBuilder's tables are in `public`; the portal uses them but does not own them.
        admin.execute("grant create, usage on schema public to packetboat_owner")
        admin.execute("grant usage on schema public to packetboat_app, packetboat_worker")
        for kind, rights in (("tables", "select, insert, update, delete"), ("sequences", "usage, select")):
            admin.execute(
                sql.SQL(
                    "alter default privileges for role packetboat_owner in schema public grant {} on {} to packetboat_app"
                ).format(sql.SQL(rights), sql.SQL(kind))
            )


def _ensure_role(admin: Connection, role: str, password: str) -> None:
    exists = admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
    verb = "alter" if exists else "create"
    admin.execute(
        sql.SQL("{} role {} login nosuperuser nobypassrls password {}").format(
            sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
        )
    )


def _ensure_database(admin: Connection, name: str, owner: str) -> None:
    if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
        admin.execute(
            sql.SQL("create database {} owner {} encoding 'UTF8' template template0").format(
                sql.Identifier(name), sql.Identifier(owner)
            )
        )
