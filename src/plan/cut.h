/* Innermost loops, cut where a comparison of their index changes: what stands under `i >= 1` needs
 * no test in the stretch from 1 on, and compilers make vectors of it. */
#ifndef SYMGRAD_PLAN_CUT_H
#define SYMGRAD_PLAN_CUT_H

#include "plan/loops.h"

void plan_cut_loops(struct plan *plan);

#endif
