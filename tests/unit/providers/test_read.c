/*
 * Files of providers: a folder for each kind, and for each way in which one can be wrong.
 *
 * The file is `input`, so that its name says nothing. `expected` holds the records and what was
 * counted, or the error. An address is shown as the start of its digest. Inputs hold planted
 * secrets and the address of one anna, who is in no output.
 */
#include "cases.h"
#include "idmigrate/memory.h"
#include "idmigrate/providers.h"
#include "idmigrate/sql.h"
#include "idmigrate/strbuf.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct idmap_formats *formats;
static struct provider_kinds *kinds;

static void
load_kinds(void)
{
    struct error err = ERROR_INIT;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, &err), "%s", err.text);
    cr_assert(provider_kinds_new(embedded_exports_json, NULL, NULL, formats, &kinds, &err), "%s",
              err.text);
}

static void
release_kinds(void)
{
    provider_kinds_free(&kinds);
    idmap_formats_free(&formats);
}

TestSuite(providers_read, .init = load_kinds, .fini = release_kinds);

static void
show_addresses(struct strbuf *out, const struct provider_record *record)
{
    for (size_t i = 0; i < record->address_count; i++) {
        char hex[DIGEST_HEX_SIZE];
        digest_to_hex(record->addresses[i].digest, hex);
        strbuf_printf(out, " %s%s%.6s", record->addresses[i].is_primary ? "primary:" : "",
                      record->addresses[i].is_verified ? "verified:" : "", hex);
    }
}

static bool
show(void *context, const struct provider_record *record, struct error *err)
{
    static const char *const sides[] = {"old", "new", "-"};
    static const char *const entities[] = {"user", "organization", "membership", "any", "nothing"};
    static const char *const gives[] = {"list",   "mention", "deleted", "skipped",
                                        "failed", "pair",    "note"};
    static const char *const fields[] = {"id",         "external_id",  "old_id",           "new_id",
                                         "user",       "organization", "new_organization", "reason",
                                         "environment"};
    struct strbuf *out = context;
    strbuf_printf(out, "%" PRIu64 " %s %s %s", record->place, sides[record->side],
                  entities[record->of], gives[record->gives]);
    for (size_t i = 0; i < PROVIDER_FIELD_COUNT; i++)
        if (record->fields[i].text != NULL)
            strbuf_printf(out, " %s=%.*s", fields[i], (int)record->fields[i].length,
                          record->fields[i].text);
    show_addresses(out, record);
    for (size_t i = 0; i < record->role_count; i++)
        strbuf_printf(out, " role=%.*s", (int)record->roles[i].length, record->roles[i].text);
    if (record->created != 0 || record->updated != 0 || record->told != 0)
        strbuf_printf(out, " times=%" PRId64 ",%" PRId64 ",%" PRId64, record->created,
                      record->updated, record->told);
    if (record->duplicates != 0 || record->failed != 0 || record->is_dry_run)
        strbuf_printf(out, " duplicates=%" PRId64 " failed=%" PRId64 " dry_run=%d",
                      record->duplicates, record->failed, record->is_dry_run);
    strbuf_add_char(out, '\n');
    return !err->is_set;
}

static void
show_file(struct strbuf *out, const struct provider_file *file)
{
    for (size_t i = 0; i < file->tally_count; i++)
        strbuf_printf(out, "%s: %" PRIu64 "\n", provider_kind_name(file->tallies[i].kind),
                      file->tallies[i].count);
    if (file->other_lines > 0)
        strbuf_printf(out, "other lines: %" PRIu64 "\n", file->other_lines);
    if (file->torn_lines > 0)
        strbuf_printf(out, "torn lines: %" PRIu64 "\n", file->torn_lines);
}

static void
assert_silent(const char *name, const char *text)
{
    static const char *const secrets[] = {"PLANTED", "anna", "example", "Jane", "Acme"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        cr_expect_null(strstr(text, secrets[i]), "%s: shows %s", name, secrets[i]);
}

static void
run_valid(const char *name)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    struct error err = ERROR_INIT;
    struct provider_file file;
    enum provider_recognised result = provider_read(kinds, "input", show, &out, &file, &err);
    cr_expect_eq(result, PROVIDER_READ, "%s: %s", name, err.text);
    show_file(&out, &file);
    assert_silent(name, out.data);
    cases_assert_expected(name, out.data);
}

static void
run_invalid(const char *name)
{
    CLEANUP(strbuf_release) struct strbuf out = STRBUF_INIT;
    struct error err = ERROR_INIT;
    struct provider_file file;
    enum provider_recognised result = provider_read(kinds, "input", show, &out, &file, &err);
    cr_expect_neq(result, PROVIDER_READ, "%s: was read", name);
    assert_silent(name, err.text);
    assert_silent(name, err.hint);
    /* The list of kinds is in every such hint, and changes with the kinds. */
    if (strncmp(err.hint, "known are: ", 11) == 0)
        err.hint[0] = '\0';
    cases_assert_error(name, &err);
}

Test(providers_read, reads_every_kind_of_file)
{
    cr_expect_eq(cases_run("providers/valid", run_valid), 84);
}

Test(providers_read, names_place_and_fault_of_what_is_wrong)
{
    cr_expect_eq(cases_run("providers/invalid", run_invalid), 37);
}
