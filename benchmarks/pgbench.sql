\set a random(1, :accounts)
\set b random(1, :accounts - 1)
\if :b >= :a
\set b :b + 1
\endif
\set low least(:a, :b)
\set high greatest(:a, :b)
\if :low = :a
\set low_minutes -60
\else
\set low_minutes 60
\endif
\set high_minutes -:low_minutes
BEGIN;
INSERT INTO transfer (from_account_id, to_account_id, minutes) VALUES (:a, :b, 60) RETURNING id \gset
INSERT INTO entry (transfer_id, account_id, minutes) VALUES (:id, :a, -60);
INSERT INTO entry (transfer_id, account_id, minutes) VALUES (:id, :b, 60);
UPDATE balance SET minutes = minutes + :low_minutes WHERE account_id = :low;
UPDATE balance SET minutes = minutes + :high_minutes WHERE account_id = :high;
COMMIT;
