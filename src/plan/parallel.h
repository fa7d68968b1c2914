/* Loops that threads may share. A pass over the finished loop tree: it does not ask how a loop came
 * to be, only what its iterations have to do with each other (plan/independence.h).
 *
 * Where each writes places of its own, the loop stays as it is. Where iterations add into the same
 * sums or need memory of their own, the loop's range is cut into chunks, each with its own parts of
 * the sums, which are added in the order of the chunks when all are done:
 *
 *     parallel chunk in 0 until chunks
 *         let sum_part = 0
 *         for i in chunk*length until min(chunk*length + length, n)
 *             sum_part = sum_part + e
 *         sum_parts[chunk] = sum_part
 *     for chunk in 0 until chunks
 *         sum = sum + sum_parts[chunk]
 *
 * The length of a chunk depends on sizes alone, so results are the same to the bit for every number
 * of threads, and without any. A chunk has to be worth its parts and the start of a thread, so a
 * small loop is one chunk: then it does what it did before the cut, and threads share large products
 * in it. */
#ifndef SYMGRAD_PLAN_PARALLEL_H
#define SYMGRAD_PLAN_PARALLEL_H

#include "plan/scope.h"

void plan_parallelize(struct plan *plan, const struct tree *tree, double grain);

#endif
