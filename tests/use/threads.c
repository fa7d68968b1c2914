/* Several threads compile different models again and again; each gets what it would get alone. */
#include <symgrad/symgrad.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 20 };

static const char *const texts[THREADS] = {
    "param w = 1\nloss = sin(w)^2\nminimize loss\n",
    "data x[n]\nparam w[3], v\nloss = mean[i] exp(w[0]*x[i] + w[2]) - v\nminimize loss\n",
    "param w = 1\nloss = w +\nminimize los\n",
    "param h[5] = 0.5\ns[0] = 1\ns[t in 1..4] = tanh(s[t-1]*h[t])\nloss = s[4]\nminimize loss\n"};

/* All that is said of a text, in memory of its own. */
static char *work(const char *text)
{
    struct symgrad_model *model;
    const char *derivative = NULL, *c = NULL;
    if (symgrad_read(text, strlen(text), "text.expr", NULL, &model) == SYMGRAD_OK) {
        symgrad_differentiate(model, NULL, &derivative);
        symgrad_emit(model, SYMGRAD_LIB, SYMGRAD_DOUBLE, NULL, &c);
    }
    const char *parts[] = {symgrad_messages(model), derivative == NULL ? "" : derivative,
                           c == NULL ? "" : c};
    char *said = calloc(strlen(parts[0]) + strlen(parts[1]) + strlen(parts[2]) + 1, 1);
    for (int i = 0; said != NULL && i < 3; i++) {
        strcat(said, parts[i]);
    }
    symgrad_free(model);
    return said;
}

struct thread {
    pthread_t thread;
    const char *text;
    char *expected;
    int wrong;
};

static void *repeat(void *context)
{
    struct thread *thread = context;
    for (int i = 0; i < ROUNDS; i++) {
        char *said = work(thread->text);
        thread->wrong += said == NULL || strcmp(said, thread->expected) != 0;
        free(said);
    }
    return NULL;
}

int main(void)
{
    struct thread threads[THREADS];
    int wrong = 0;
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){.text = texts[i], .expected = work(texts[i])};
        wrong += threads[i].expected == NULL || *threads[i].expected == '\0';
    }
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i].thread, NULL, repeat, &threads[i]) != 0) {
            return 3;
        }
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        wrong += threads[i].wrong;
        free(threads[i].expected);
    }
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
