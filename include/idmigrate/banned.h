/*
 * Functions that are not used here. The build includes this file before every source of the
 * program: using one of them is a compiler error.
 *
 * The headers that declare them come first, because they cannot be read once the names are
 * poisoned.
 */
#ifndef IDMIGRATE_BANNED_H
#define IDMIGRATE_BANNED_H

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* They do not know the size of what they write to, or leave it without its end: snprintf, struct
 * strbuf. */
#pragma GCC poison strcpy strcat strncpy strncat stpcpy stpncpy sprintf vsprintf gets
/* They cannot tell 0 from an error, or overflow in silence: strtoll and its like, with errno. */
#pragma GCC poison atoi atol atoll atof scanf fscanf sscanf vsscanf
/* State that other threads share: strtok_r, gmtime_r, strftime. */
#pragma GCC poison strtok gmtime localtime ctime asctime ctime_r asctime_r
/* An attacker may be faster: mkstemp. */
#pragma GCC poison tmpnam tempnam mktemp
/* A shell between us and the program, random numbers that are none, errors that skip every
 * clean-up. */
#undef setjmp
#pragma GCC poison system popen srand setjmp longjmp
/* The size of an input never decides the size of the stack. */
#undef alloca
#pragma GCC poison alloca

#endif
