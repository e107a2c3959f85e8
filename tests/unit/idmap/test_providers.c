/* IDs of each provider, as its documentation and its exports have them; and what is known of
 * providers beyond the form of their IDs. */
#include "maps.h"

#include "idmigrate/idmap_facts.h"
#include "idmigrate/sql.h"

#include <string.h>

struct sample {
    const char *format, *id;
    bool matches;
};

static void
assert_samples(const struct sample *samples, size_t count)
{
    CLEANUP(idmap_formats_free) struct idmap_formats *formats = NULL;
    struct error err = ERROR_INIT;
    cr_assert(idmap_formats_new(embedded_formats_json, NULL, NULL, &formats, &err), "%s", err.text);
    for (size_t i = 0; i < count; i++) {
        const struct idmap_format *format = idmap_format_find(formats, samples[i].format);
        cr_assert_not_null(format, "%s", samples[i].format);
        cr_expect_eq(idmap_format_matches(format, samples[i].id, strlen(samples[i].id)),
                     samples[i].matches, "%s: %s", samples[i].format, samples[i].id);
    }
}
#define PROVIDER(name, ...)                                                                        \
    Test(provider_formats, name)                                                                   \
    {                                                                                              \
        static const struct sample samples[] = {__VA_ARGS__};                                      \
        assert_samples(samples, sizeof samples / sizeof samples[0]);                               \
    }

/* <connection>|<ID at the connection> */
PROVIDER(auth0, {"auth0-user", "auth0|646f87bb15b536ffce0f9b1b", true},
         {"auth0-user", "auth0|646f87bb15b536ffce0f9b1", false},
         {"auth0-user", "google-oauth2|103547991597142817347", false},
         {"auth0-google", "google-oauth2|103547991597142817347", true},
         {"auth0-google", "google-oauth2|10354799159714281734x", false},
         {"auth0-github", "github|1234567", true}, {"auth0-github", "github|octocat", false},
         {"auth0-facebook", "facebook|10155298432519877", true},
         {"auth0-email", "email|5f7c8ec7c33c6c004bbafe82", true},
         {"auth0-sms", "sms|5f7c8ec7c33c6c004bbafe82", true},
         {"auth0-microsoft", "windowslive|4cf0a30169d55031", true},
         {"auth0-apple", "apple|001234.8f3a5b2c9d0e4f1a8b7c6d5e4f3a2b1c.0911", true},
         {"auth0-entra", "waad|UbPJkR2FGdl_-ZQ0nTYKY5cNpoKRFU8vhYmIyXp4AQA", true},
         {"auth0-saml", "samlp|okta-prod|u12345", true}, {"auth0-saml", "samlp|a b", false},
         {"auth0-org", "org_9ybsU1dN2dKfDkBi", true}, {"auth0-org", "org_9ybsU1dN2dKfDkB", false})

PROVIDER(cognito, {"cognito-sub", "68e1e380-d0c1-7028-4256-3361fd833080", true},
         {"cognito-sub", "68e1e380d0c1702842563361fd833080", false},
         {"cognito-google", "Google_103547991597142817347", true},
         {"cognito-google", "google_103547991597142817347", false},
         {"cognito-facebook", "Facebook_10155298432519877", true},
         {"cognito-apple", "SignInWithApple_001234.8f3a5b2c9d0e4f1a8b7c6d5e4f3a2b1c.0911", true})

PROVIDER(firebase, {"firebase-user", "ZGTHhJyNF3YVHPHYPbVQ2AeWZgk1", true},
         {"firebase-user", "ZGTHhJyNF3YVHPHYPbVQ2AeWZgk", false},
         {"firebase-user", "ZGTHhJyNF3YVHPHYPbVQ2AeWZg-1", false})

PROVIDER(supabase, {"supabase-user", "8d0fd2b3-9ca7-4d9e-a95f-9e13dded323e", true},
         {"supabase-user", "8d0fd2b3-9ca7-4d9e-a95f-9e13dded323", false})

PROVIDER(okta, {"okta-user", "00ub0oNGTSWTBKOLGLNR", true},
         {"okta-user", "00ub0oNGTSWTBKOLGLN", false}, {"okta-user", "00gb0oNGTSWTBKOLGLNR", false},
         {"okta-group", "00g1emaKYZTWRYYRRTSK", true})

PROVIDER(kinde, {"kinde-user", "kp_cfcb1ae5b9254ad99521214014c54f43", true},
         {"kinde-user", "kp_cfcb1ae5b9254ad99521214014c54f4g", false},
         {"kinde-org", "org_1ff6bc2a1e8", true}, {"kinde-org", "org_1ff6bc2a1", false})

PROVIDER(stytch, {"stytch-user", "user-live-16d9ba61-97a1-4ba4-9720-b03761dc50c6", true},
         {"stytch-user", "user-test-16d9ba61-97a1-4ba4-9720-b03761dc50c6", false},
         {"stytch-user-test", "user-test-16d9ba61-97a1-4ba4-9720-b03761dc50c6", true},
         {"stytch-member", "member-live-32fc5024-9c09-4da3-bd2e-c9ce4da9375f", true},
         {"stytch-member-test", "member-test-32fc5024-9c09-4da3-bd2e-c9ce4da9375f", true},
         {"stytch-org", "organization-live-07971b06-ac8b-4cdb-9c15-63b17e653931", true},
         {"stytch-org-test", "organization-test-07971b06-ac8b-4cdb-9c15-63b17e653931", true},
         {"stytch-org-test", "organization-test-07971b06-ac8b-4cdb-9c15-63b17e65393", false})

PROVIDER(descope, {"descope-user", "U2iOCFIwsdgeGvusdfkKUb9HJKsdi", true},
         {"descope-user", "T2iOCFIwsdgeGvusdfkKUb9HJKsdi", false},
         {"descope-tenant", "T2iOCFIwsdgeGvusdfkKUb9HJKsdi", true},
         {"descope-user", "U2iOCFIw", false})

PROVIDER(keycloak, {"keycloak-user", "4a9c3a3e-1f8b-4d42-9f0e-5d6c1f1a7b11", true},
         {"keycloak-user", "f:4a9c3a3e-1f8b-4d42-9f0e-5d6c1f1a7b11:anna", false},
         {"keycloak-federated", "f:4a9c3a3e-1f8b-4d42-9f0e-5d6c1f1a7b11:anna", true})

PROVIDER(better_auth, {"better-auth", "Kx9fT2mQ7vRb4LzN8wHc3YpJ6sDg1AeU", true},
         {"better-auth", "Kx9fT2mQ7vRb4LzN8wHc3YpJ6sDg1Ae", false},
         {"better-auth", "Kx9fT2mQ7vRb4LzN8wHc3YpJ6sDg1Ae_", false})

/* ---- traits ---- */

static struct idmap_traits *
load_traits(void)
{
    struct idmap_traits *traits = NULL;
    struct error err = ERROR_INIT;
    cr_assert(idmap_traits_new(embedded_providers_json, &traits, &err), "%s", err.text);
    return traits;
}

Test(provider_traits, stand_ins_of_trial_runs_are_nobody)
{
    CLEANUP(idmap_traits_free) struct idmap_traits *traits = load_traits();
    const char *prefix = NULL;
    cr_expect_not_null(idmap_traits_refusal(traits, "dry-run-user-a@b.c", 18, &prefix));
    cr_expect_str_eq(prefix, "dry-run-user-");
    cr_expect_not_null(idmap_traits_refusal(traits, "org_dryrun_acme", 15, &prefix));
    cr_expect_null(idmap_traits_refusal(traits, "org_dryru", 9, &prefix));
    cr_expect_null(idmap_traits_refusal(traits, "user_01E4ZCR3C56J083X43JQXF3JK5", 31, &prefix));
}

Test(provider_traits, some_ids_tell_their_environment)
{
    CLEANUP(idmap_traits_free) struct idmap_traits *traits = load_traits();
    cr_expect_str_eq(idmap_traits_environment(traits, "stytch-user"), "live");
    cr_expect_str_eq(idmap_traits_environment(traits, "stytch-org-test"), "test");
    cr_expect_null(idmap_traits_environment(traits, "clerk-user"));
}

Test(provider_traits, formats_and_names_speak_of_providers)
{
    static const struct {
        const char *name, *provider;
    } rows[] = {{"clerk_user_id", "clerk"}, {"clerkUserId", "clerk"},       {"myClerkId", "clerk"},
                {"WORKOS_ID", "workos"},    {"auth0_sub", "auth0"},         {"clerkship", NULL},
                {"user_id", NULL},          {"betterAuthId", "better-auth"}};
    CLEANUP(idmap_traits_free) struct idmap_traits *traits = load_traits();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *found = idmap_traits_provider_in(traits, rows[i].name);
        cr_expect(found == rows[i].provider || (found != NULL && rows[i].provider != NULL &&
                                                strcmp(found, rows[i].provider) == 0),
                  "%s: %s", rows[i].name, found != NULL ? found : "none");
    }
    cr_expect_str_eq(idmap_traits_provider_of(traits, "workos-org"), "workos");
    cr_expect_str_eq(idmap_traits_provider_of(traits, "keycloak-user"), "keycloak");
    cr_expect_null(idmap_traits_provider_of(traits, "uuid"));
}
