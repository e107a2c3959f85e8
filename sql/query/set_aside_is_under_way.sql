-- Whether something that a run has set aside is not back as it was. $1 uuid: run.
SELECT EXISTS (
    SELECT FROM idmigrate.set_aside AS s WHERE s.run_id = $1::pg_catalog.uuid AND s.state IN ('aside', 'built'))
