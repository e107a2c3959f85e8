-- What pruning needs of the seals: it reads them, notes which months are gone, and drops the leaves of these.
GRANT USAGE ON SCHEMA idmigrate TO :"owner";
GRANT SELECT ON idmigrate.seal TO :"owner";
GRANT SELECT, DELETE ON idmigrate.seal_leaves TO :"owner";
GRANT SELECT, INSERT ON idmigrate.seal_pruned TO :"owner"
