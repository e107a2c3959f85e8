-- The second server of the target: partitions of its tables.
SET client_min_messages = warning;
CREATE SCHEMA neu;
CREATE TABLE neu.konto_1 (id bigint PRIMARY KEY, konto text NOT NULL, saldo numeric(12, 2) NOT NULL, notiz text);
CREATE TABLE neu.konto_2 (id bigint PRIMARY KEY, konto text NOT NULL, saldo numeric(12, 2) NOT NULL, notiz text);
CREATE TABLE neu.notiz_1 (konto text, text text);
