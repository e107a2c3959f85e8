/* How the application lets the database know its user, on both sides. */
#include "idmigrate/memory.h"
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 20, MOST_SAMPLED = 10000 };

static bool
read_side(const struct node *node, struct mapping_session *side, struct error *err)
{
    static const char *const keys[] = {"role", "setting", "value", NULL};
    side->value = memory_strdup("{id}");
    if (!node_want_keys(node, keys, err) ||
        !node_get_required_text(node, "role", &side->role, err) ||
        !node_get_required_text(node, "setting", &side->setting, err) ||
        !node_get_text(node, "value", &side->value, err))
        return false;
    struct node value = node_member(node, "value");
    if (strstr(side->value, "{id}") == NULL) {
        node_fail(&value, err, "does not hold {id}");
        return error_hint(err, "the user's ID stands for it: {\"sub\": \"{id}\"}");
    }
    if (strchr(side->setting, '.') != NULL)
        return true;
    struct node setting = node_member(node, "setting");
    node_fail(&setting, err, "\"%s\" is no setting of an application", side->setting);
    return error_hint(err, "such a name has a dot: app.user_id");
}

static bool
read_sample(const struct node *application, struct mapping_application *found, struct error *err)
{
    struct node sample = node_member(application, "sample");
    found->sample = SAMPLE;
    if (!node_is_present(&sample))
        return true;
    json_int_t number = json_is_integer(sample.json) ? json_integer_value(sample.json) : 0;
    if (number < 1 || number > MOST_SAMPLED)
        return node_fail(&sample, err, "must be a number of users from 1 to %d", MOST_SAMPLED);
    found->sample = (int)number;
    return true;
}

bool
application_read(struct mapping *mapping, const struct node *document, struct error *err)
{
    static const char *const keys[] = {"ids", "source", "target", "sample", "note", NULL};
    struct node application = node_member(document, "application");
    struct node ids = node_member(&application, "ids");
    struct node source = node_member(&application, "source");
    struct node target = node_member(&application, "target");
    struct mapping_application *found = &mapping->application;
    if (!node_is_present(&application))
        return true;
    if (!node_want_keys(&application, keys, err) || !node_check_note(&application, err))
        return false;
    if (!node_is_present(&ids) || !node_is_present(&target)) {
        node_fail(&application, err, "\"%s\" is missing", node_is_present(&ids) ? "target" : "ids");
        return error_hint(err, "\"ids\" is the ID map of users; \"source\" and \"target\" are "
                               "{\"role\": ..., \"setting\": ...}, of which \"source\" may be left "
                               "out when it is the same");
    }
    found->is_there = true;
    return ids_find(mapping, &ids, &found->ids, err) && read_side(&target, &found->target, err) &&
           read_side(node_is_present(&source) ? &source : &target, &found->source, err) &&
           read_sample(&application, found, err);
}

static void
release_side(struct mapping_session *side)
{
    free(side->role);
    free(side->setting);
    free(side->value);
}

void
mapping_application_release(struct mapping_application *application)
{
    release_side(&application->source);
    release_side(&application->target);
}
