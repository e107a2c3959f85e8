/* Long options with the usual short ones, by getopt_long, from a command's table. */
#include "command.h"

#include "idmigrate/memory.h"
#include "idmigrate/strbuf.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_LONG = 256, HELP = 255 };

static size_t
count_options(const struct command *command)
{
    size_t count = 0;
    while (command->options[count].name != NULL)
        count++;
    return count;
}

static struct option *
make_table(const struct command *command, struct strbuf *letters)
{
    size_t count = count_options(command);
    struct option *table = memory_zalloc((count + 2) * sizeof *table);
    strbuf_add_string(letters, ":h");
    for (size_t i = 0; i < count; i++) {
        const struct option_spec *spec = &command->options[i];
        table[i] = (struct option){spec->name, spec->argument ? required_argument : no_argument,
                                   NULL, FIRST_LONG + (int)i};
        if (spec->letter)
            strbuf_printf(letters, "%c%s", spec->letter, spec->argument ? ":" : "");
    }
    table[count] = (struct option){"help", no_argument, NULL, HELP};
    return table;
}

static const struct option_spec *
find_spec(const struct command *command, int found)
{
    if (found >= FIRST_LONG)
        return &command->options[found - FIRST_LONG];
    for (const struct option_spec *spec = command->options; spec->name != NULL; spec++)
        if (spec->letter == found)
            return spec;
    return NULL;
}

static bool
set_value(const struct option_spec *spec, const char *argument, struct error *err)
{
    if (spec->kind == OPTION_FLAG) {
        *(bool *)spec->value = true;
    } else if (spec->kind == OPTION_TEXT) {
        *(const char **)spec->value = argument;
    } else {
        struct option_list *list = spec->value;
        if (list->count == sizeof list->items / sizeof list->items[0])
            return error_set(err, EXIT_USAGE, "--%s is given too often", spec->name);
        list->items[list->count++] = argument;
    }
    return true;
}

static bool
refuse(const struct command *command, int found, char **arguments, struct error *err)
{
    const char *given = arguments[optind - 1];
    if (found == ':')
        error_set(err, EXIT_USAGE, "option %s wants an argument", given);
    else if (optopt >= FIRST_LONG)
        error_set(err, EXIT_USAGE, "option %s takes no argument", given);
    else if (optopt != 0)
        error_set(err, EXIT_USAGE, "there is no option -%c", optopt);
    else
        error_set(err, EXIT_USAGE,
                  "there is no option %s, or it is not the only one that begins so", given);
    return error_hint(err, "idmigrate %s --help", command->name);
}

bool
options_parse(const struct command *command, int count, char **arguments, char ***operands,
              bool *help, struct error *err)
{
    struct strbuf letters = STRBUF_INIT;
    struct option *table = make_table(command, &letters);
    bool good = true;
    int found;

    *help = false;
    optind = 1;
    opterr = 0;
    while (good && (found = getopt_long(count, arguments, letters.data, table, NULL)) != -1) {
        const struct option_spec *spec =
            found == '?' || found == ':' ? NULL : find_spec(command, found);
        if (found == HELP || found == 'h')
            *help = true;
        else
            good = spec != NULL ? set_value(spec, optarg, err)
                                : refuse(command, found, arguments, err);
    }
    free(table);
    strbuf_release(&letters);
    *operands = arguments + optind;
    if (!good || *help)
        return good;
    if (count - optind < command->least || count - optind > command->most) {
        error_set(err, EXIT_USAGE,
                  count - optind < command->least ? "%s: an operand is missing"
                                                  : "%s: too many operands",
                  command->name);
        return error_hint(err, "idmigrate %s %s", command->name, command->arguments);
    }
    return true;
}

/* Breaks a text at blanks, so that no line is longer than 78 characters, each further line behind
 * `indent` blanks. */
static void
print_wrapped(const char *text, int indent)
{
    int column = indent;
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        bool is_first = column == indent;
        if (!is_first && column + 1 + length > 78) {
            printf("\n%*s", indent, "");
            column = indent;
            is_first = true;
        }
        printf("%s%.*s", is_first ? "" : " ", length, text);
        column += length + !is_first;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void
options_print_help(const struct command *command)
{
    printf("idmigrate %s %s\n\n", command->name, command->arguments);
    print_wrapped(command->description, 0);
    printf("\nOptions:\n");
    for (const struct option_spec *spec = command->options; spec->name != NULL; spec++) {
        char label[64];
        snprintf(label, sizeof label, "%c%c%s--%s%s%s", spec->letter ? '-' : ' ',
                 spec->letter ? spec->letter : ' ', spec->letter ? ", " : "  ", spec->name,
                 spec->argument ? " " : "", spec->argument ? spec->argument : "");
        printf("  %-32s", label);
        if (strlen(label) > 31)
            printf("\n%34s", "");
        print_wrapped(spec->help, 34);
    }
    printf("  -h, --help%22s", "");
    printf("this text\n");
}
