-- What the role that Parley runs as may do to the log on PostgreSQL: append and read, nothing else.
--
--     psql -v role=parley_app -f migrations/application_role.sql "$DATABASE"
--
-- Run it as the owner of the tables, after `parley db upgrade` and after every
-- later upgrade; running it again changes nothing. The role must not own the
-- tables: an owner can drop the triggers that refuse UPDATE, DELETE and TRUNCATE.
-- The head of the log is one row that says where the log ends; it has to be
-- locked and moved forward, so UPDATE is granted on it and on nothing else of the
-- log. The read models can be made from the log again, so their tables are free.

GRANT USAGE ON SCHEMA public TO :"role";
REVOKE ALL ON events, event_actors, event_imports, idempotency_keys, log_head, alembic_version,
    api_keys, webhooks, webhook_attempts, log_tiles, log_checkpoints, log_cosignatures, log_keys,
    accesses FROM :"role";
GRANT SELECT, INSERT ON events, event_actors, event_imports, idempotency_keys TO :"role";
GRANT SELECT, INSERT ON log_tiles, log_checkpoints, log_cosignatures, log_keys, accesses TO :"role";
GRANT SELECT, UPDATE (size, recorded_at, frontier) ON log_head TO :"role";
GRANT SELECT ON alembic_version TO :"role";
GRANT SELECT, INSERT, UPDATE (revoked_at) ON api_keys TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks, webhook_attempts TO :"role";

GRANT SELECT, UPDATE ON read_model, editions TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON
    shelves_1, stances_1, links_1, rectangles_1, texts_1,
    shelves_2, stances_2, links_2, rectangles_2, texts_2
    TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON
    pile_tallies_1, pile_points_1, pile_loose_1,
    pile_tallies_2, pile_points_2, pile_loose_2
    TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON
    endorsements_1, recordings_1, endorsements_2, recordings_2
    TO :"role";
