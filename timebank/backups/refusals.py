"""Why a backup is not made or not restored. Each is raised before anything was changed."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from timebank.errors import RuleBroken


class FileInTheWay(RuleBroken):
    """A backup is never written over another file: it could be the only good one."""

    message = _l("%(path)s is there already, and a backup is never written over another file. Choose another name")


class BackupNotWritten(RuleBroken):
    """The folder takes no file, or no more of it."""

    message = _l("Nothing could be written in %(folder)s: %(reason)s")


class BackupUnreadable(RuleBroken):
    """Whoever restores may not read the file, or it is not there any more."""

    message = _l("%(path)s could not be read: %(reason)s")


class NotABackup(RuleBroken):
    """The file's own digest does not fit what is in it, or there is none."""

    message = _l(
        "%(path)s is no whole backup of a time bank. It is cut short, was changed since it was made, or is something "
        "else. Use another one"
    )


class OtherFormat(RuleBroken):
    """The backup was written by a version whose backups this one cannot read."""

    message = _l("%(path)s has format %(format)s of a backup, and this version of the time bank reads %(ours)s")


class NewerBackup(RuleBroken):
    """The backup's tables are those of a version that this one does not know."""

    message = _l(
        "The backup was made by a newer version of the time bank, whose migration %(revision)s this one does not "
        "have. Install that version first"
    )


class OtherKindOfDatabase(RuleBroken):
    """A backup holds the data in the words of its own kind of database."""

    message = _l("The backup is of %(theirs)s, and the database here is %(ours)s")


class DatabaseHasData(RuleBroken):
    """A restore throws away what is in the database, so whoever restores has to say that they mean it."""

    message = _l(
        "There is a time bank in this database already, with %(contents)s. All of it would be lost. To put the "
        "backup in its place, say --replace"
    )


class DatabaseNotSetUp(RuleBroken):
    """There are no tables, so there is nothing to keep."""

    message = _l("The database is not set up. Run: flask db upgrade")


class DatabaseDamaged(RuleBroken):
    """What is copied from a damaged database is damaged, and a backup must be something to rely on."""

    message = _l("The database itself is damaged: %(reason)s. Restore the last good backup")


class DatabaseUnreadable(RuleBroken):
    """What is there is no database any more, so nothing can be put into it in one step."""

    message = _l(
        "%(path)s cannot be read as a database. Stop the application, move that file and those with the same name and "
        "-wal or -shm behind it away, and restore again"
    )


class DatabaseInUse(RuleBroken):
    """Somebody held on to the database for longer than a restore waits."""

    message = _l("The database is in use: %(reason)s. Nothing was changed. Stop the application and try again")


class DatabaseAway(RuleBroken):
    """The database's server does not answer."""

    message = _l("The database did not answer: %(reason)s")


class OtherSchema(RuleBroken):
    """The tables are made again in the schema that they were in."""

    message = _l("The backup is of the schema %(theirs)s, and the time bank here is in the schema %(ours)s")


class DatabaseInMemory(RuleBroken):
    """What is only in a program's memory can neither be copied from another program nor put there."""

    message = _l("This database is only in memory. A backup needs one in a file, or PostgreSQL")


class PgDumpMissing(RuleBroken):
    """PostgreSQL's own program makes the copy, and one that is older than the server may leave something out."""

    message = _l(
        "The program pg_dump of version %(version)s or newer was not found. Install it (on Debian and Ubuntu: "
        "apt-get install postgresql-client) or put its folder on the PATH"
    )


class PgDumpFailed(RuleBroken):
    """PostgreSQL's own program could not make the copy."""

    message = _l("pg_dump made no copy: %(reason)s")


class NotTheOwner(RuleBroken):
    """Only the role that owns the tables may read all of them, and drop them."""

    message = _l(
        "This needs the role that owns the tables: %(reason)s. Give its address in TIMEBANK_OWNER_DATABASE_URL"
    )


class BackupNotRestored(RuleBroken):
    """The database refused what is in the backup."""

    message = _l("The database did not take what is in the backup: %(reason)s. Nothing was changed")


class OutcomeUnknown(RuleBroken):
    """The server went away after it was told to put the backup in place, and before it said that it had."""

    message = _l(
        "The connection to the database broke in the last step: %(reason)s. It holds either what it held before or the "
        "backup, and all of it. Look which before you go on"
    )


class NotWhatTheManifestSays(RuleBroken):
    """What came out of the backup is not what was counted when it was made."""

    message = _l("The backup does not hold what its manifest says: %(difference)s. Nothing was changed")
