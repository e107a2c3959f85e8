-- Rules of the new application that some rows of the old one break, of every kind that a refusal has.
ALTER TABLE teams ADD CONSTRAINT not_every_team CHECK (id % 7 <> 3);
ALTER TABLE posts ADD CONSTRAINT not_every_post CHECK (id % 23 <> 5), ALTER body TYPE varchar(80);
ALTER TABLE replies ADD CONSTRAINT not_every_reply CHECK (author <> 'n7');
ALTER TABLE likes ADD CONSTRAINT not_every_like CHECK (user_id <> 'n9');
CREATE FUNCTION refuse_some() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id % 29 = 7 THEN RAISE EXCEPTION 'this one not'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refuse_some BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION refuse_some();
