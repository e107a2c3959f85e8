-- The floor: the indexes of the finished table, and its foreign key.
ALTER TABLE floor.meetings ADD PRIMARY KEY (id), ADD UNIQUE (stripe_payment_intent_id);
CREATE INDEX ON floor.meetings (workos_user_id);
CREATE INDEX ON floor.meetings (event_id);
ALTER TABLE floor.meetings ADD FOREIGN KEY (event_id) REFERENCES app.events (id) ON DELETE CASCADE;
