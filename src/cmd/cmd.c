/* The table of commands, the help over all of them, and the one place where an error is printed. */
#include "idmigrate/cmd.h"

#include "command.h"

#include "idmigrate/interrupt.h"
#include "idmigrate/utf8.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {&cmd_scan,    &cmd_idmap,  &cmd_check,  &cmd_run,
                                                 &cmd_verify,  &cmd_report, &cmd_status, &cmd_set,
                                                 &cmd_restore, &cmd_undo,   &cmd_audit,  NULL};

static int
wider(int width, const char *text)
{
    return (int)strlen(text) > width ? (int)strlen(text) : width;
}

static void
print_commands(FILE *out, const struct command *const *list)
{
    int names = 0, arguments = 0;
    for (size_t i = 0; list[i] != NULL; i++) {
        names = wider(names, list[i]->name);
        arguments = wider(arguments, list[i]->arguments);
    }
    for (size_t i = 0; list[i] != NULL; i++)
        fprintf(out, "  %-*s %-*s  %s\n", names, list[i]->name, arguments, list[i]->arguments,
                list[i]->summary);
}

static void
print_help(FILE *out)
{
    fputs("idmigrate moves a PostgreSQL application from one identity provider's IDs to another's, "
          "and proves it.\n\n"
          "Usage: idmigrate COMMAND [OPTIONS] ...\n\n",
          out);
    print_commands(out, commands);
    fputs("\nMAPPING is a file as in mappings/README.md; RUN is a run's UUID, a prefix of it, or "
          "\"last\".\n"
          "`idmigrate COMMAND --help` tells the options; `idmigrate --version` the version.\n\n"
          "Exit status: 0 done and proved, 1 refused and nothing written, 2 usage, 3 bad input "
          "file,\n"
          "4 stopped part-way (resumable), 5 a difference was found, 6 something could not be "
          "checked,\n"
          "7 done with rejects within the limit, 8 stopped by too many rejects (resumable),\n"
          "70 bug or out of memory, 130 and 143 interrupted (resumable).\n",
          out);
}

/* By the last word of its name. */
static const struct command *
find_command(const struct command *const *list, const char *name)
{
    for (size_t i = 0; list[i] != NULL; i++) {
        const char *blank = strrchr(list[i]->name, ' ');
        if (strcmp(blank != NULL ? blank + 1 : list[i]->name, name) == 0)
            return list[i];
    }
    return NULL;
}

/* IDs and names come from files; what would steer a terminal is shown as \\x..., what does not show
 * as <U+...>. */
static void
print_visible(const char *text)
{
    uint32_t character;
    while (*text != '\0') {
        size_t hidden = utf8_hidden_length(text, &character);
        if (hidden == 0)
            fputc(*text, stderr);
        else
            fprintf(stderr, hidden == 1 ? "\\x%02x" : "<U+%04X>", (unsigned)character);
        text += hidden > 0 ? hidden : 1;
    }
}

static enum exit_status
report_error(const struct error *err)
{
    fputs("idmigrate: ", stderr);
    print_visible(err->text);
    if (err->sqlstate[0] != '\0' && strstr(err->text, err->sqlstate) == NULL)
        fprintf(stderr, " (%s)", err->sqlstate);
    fputc('\n', stderr);
    if (err->hint[0] != '\0') {
        fputs("hint: ", stderr);
        print_visible(err->hint);
        fputc('\n', stderr);
    }
    return err->code;
}

static bool
asks_for_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0 ||
           strcmp(argument, "help") == 0;
}

static void
print_group_help(FILE *out, const struct command *group)
{
    fprintf(out, "idmigrate %s %s\n\n%s\n\n", group->name, group->arguments, group->description);
    print_commands(out, group->members);
    fprintf(out, "\n`idmigrate %s COMMAND --help` tells the options.\n", group->name);
}

static enum exit_status
run_command(const struct command *command, int count, char **arguments)
{
    struct error err = ERROR_INIT;
    char **operands;
    bool help;

    if (!options_parse(command, count, arguments, &operands, &help, &err))
        return report_error(&err);
    if (help) {
        options_print_help(command);
        return EXIT_DONE;
    }
    enum exit_status status = command->run(operands, &err);
    if (err.is_set)
        status = exit_status_worse(report_error(&err), status);
    /* Output that could not be written is no output. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("idmigrate: standard output could not be written\n", stderr);
        status = exit_status_worse(status, EXIT_NOT_CHECKED);
    }
    return status;
}

static enum exit_status
run_member(const struct command *group, int count, char **arguments)
{
    if (count < 2) {
        print_group_help(stderr, group);
        return EXIT_USAGE;
    }
    if (asks_for_help(arguments[1])) {
        print_group_help(stdout, group);
        return EXIT_DONE;
    }
    const struct command *command = find_command(group->members, arguments[1]);
    if (command == NULL) {
        fprintf(stderr, "idmigrate: there is no command \"%s %s\"\nhint: idmigrate %s --help\n",
                group->name, arguments[1], group->name);
        return EXIT_USAGE;
    }
    return run_command(command, count - 1, arguments + 1);
}

enum exit_status
cmd_main(int count, char **arguments)
{
    interrupt_install();
    json_object_seed(0); /* before there are threads */
    if (count < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (asks_for_help(arguments[1])) {
        print_help(stdout);
        return EXIT_DONE;
    }
    if (strcmp(arguments[1], "--version") == 0 || strcmp(arguments[1], "-V") == 0) {
        puts("idmigrate " IDMIGRATE_VERSION);
        return EXIT_DONE;
    }
    const struct command *command = find_command(commands, arguments[1]);
    if (command == NULL) {
        fprintf(stderr, "idmigrate: there is no command \"%s\"\nhint: idmigrate --help\n",
                arguments[1]);
        return EXIT_USAGE;
    }
    return command->members != NULL ? run_member(command, count - 1, arguments + 1)
                                    : run_command(command, count - 1, arguments + 1);
}
