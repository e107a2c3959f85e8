/* Which of two source rows with one key stays, by the mapping's rule. */
#ifndef VERIFY_WINNER_H
#define VERIFY_WINNER_H

#include "text.h"

#include "idmigrate/plan.h"

/* Negative when `a` goes before `b`. The winner is the text of the deciding column or NULL, which
 * loses; ties go to the smaller key. */
int winner_order(const struct plan_table *table, struct span a_winner, struct span a_key,
                 struct span b_winner, struct span b_key);

#endif
