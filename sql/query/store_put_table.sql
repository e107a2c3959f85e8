-- One table entry of the mapping within a run.
-- $1 uuid: run ID; $2 integer: table number; $3 integer: step; $4 text: label; $5 text: source name;
-- $6 text, $7 text: schema and name of the source table; $8 text, $9 text: of the target table; $10 text: state;
-- $11 integer: pass; $12 jsonb: columns; $13 jsonb: dropped columns; $14 bigint: estimated rows of the source;
-- $15 bigint: rows of the target before the first write; $16 jsonb: counts of IDs by column, or null; $17 text: codec;
-- $18 jsonb: structure of the target table.
INSERT INTO idmigrate.run_table (run_id, table_no, step, label, source_name, source_schema, source_table,
                                 target_schema, target_table, state, pass, columns, dropped, rows_estimated,
                                 target_rows_before, column_counts, codec, structure)
VALUES ($1::uuid, $2::integer, $3::integer, $4, $5, $6, $7, $8, $9, $10, $11::integer, $12::jsonb, $13::jsonb,
        $14::bigint, $15::bigint, $16::jsonb, $17, $18::jsonb)
