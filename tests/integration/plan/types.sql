-- One column for each pair of types that people meet, the source's table in schema old and the target's in schema new.
create schema old;
create schema new;
create type old.mood as enum ('fine', 'so so', 'O''K');
create type new.mood as enum ('O''K', 'so so', 'fine', 'other');
create type old.pair as (a int, b text);
create type new.pair as (a int, b text);
create domain old.code as varchar(6);
create domain new.code as text check (value <> '');

create table old.many (
    id int primary key, small_to_big smallint, scale numeric(10, 2), no_scale numeric, real_to_double real,
    naive timestamp, zoned timestamptz, day date, day_zoned date, short_time timestamp(3), span interval,
    word varchar(20), word_char varchar(3), char_word char(5), char_char char(3), id_text uuid, text_id text, mood old.mood, mood_text old.mood,
    text_mood text, pair old.pair, code old.code, doc json, doc_b jsonb, doc_text jsonb, bytes bytea, numbers int[], words varchar(5)[],
    yes boolean, yes_text boolean, net inet, net_text inet, whole tsrange, number_text numeric(8, 3), text_number text, "Odd ""name" text
);
create table new.many (
    id bigint primary key, small_to_big bigint, scale numeric(14, 6), no_scale numeric, real_to_double double precision,
    naive timestamptz, zoned timestamp, day timestamp, day_zoned timestamptz, short_time timestamp(6), span interval,
    word text, word_char char(6), char_word text, char_char char(8), id_text text, text_id uuid, mood new.mood, mood_text text,
    text_mood new.mood, pair new.pair, code new.code, doc jsonb, doc_b json, doc_text text, bytes bytea, numbers bigint[], words text[],
    yes boolean, yes_text text, net inet, net_text text, whole tsrange, number_text text, text_number numeric(10, 4), "Odd ""name" varchar(40)
);
insert into old.many values
    (1, -5, 1.5, 1.50, 0.1, '2024-03-31 02:30:00.123456', '2024-10-27 01:30:00+00', '2024-02-29', '2024-07-01', '2024-01-01 00:00:00.5',
     '1 mon 2 days 03:04:05.6', 'tab	and \ back', 'ab', 'xy', 'äö', '00000000-0000-4000-8000-00000000000a',
     '{AAAAAAAA-0000-4000-8000-00000000000B}', 'so so', 'O''K', 'fine', row(1, 'a"b, c'), 'x1', '{"b": 1,  "a":[1.50,null]}', '{"b": 1, "a": [1.50]}', '{"k": "v"}',
     '\x00ff', '{1,null,3}', '{a,"b c",null}', true, false, '10.0.0.1/8', '10.0.0.1', '[2024-01-01,2024-02-01)', 7, ' 3.5 ', 'quoted'),
    (2, 32767, -0.01, 'NaN', 'Infinity', 'infinity', '-infinity', '0044-03-15 BC', '2024-12-31', '2024-01-01 23:59:59.999', '-1 year', '', '   ', '', '', null,
     '00000000000040008000000000000000', 'fine', 'fine', 'other', row(null, ''), 'y', '[]', 'null', '[1, 2]', '', '{}', '{}', false, true, '::1/128', 'fe80::/10', 'empty',
     -0.5, '-0', ''),
    (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
     null, null, null, null, null, null, null, null);
