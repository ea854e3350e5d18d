"""${message}

The law of this folder:

1. An event is never touched: no UPDATE, no DELETE, no new column that a leaf
   would have to fill. A new shape of event is a new schema number and an upcaster.
2. One revision, one purpose; it runs inside one transaction on SQLite and on PostgreSQL.
3. A downgrade that would lose events calls `refuse_loss` and stops.
4. After it `alembic check` is silent on both databases, and `ledger.schema.REVISIONS`
   names the revision.
5. A revision that has been released is never edited.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """What the tables have after this revision that they had not before."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """The way back, as far as it loses nothing."""
    ${downgrades if downgrades else "pass"}
