/* The header is C++ as well. */
#include <symgrad/symgrad.h>

#include <cstdio>
#include <string>

int main()
{
    const std::string text = "param w = 3\nloss = w^2\nminimize loss\n";
    symgrad_model *model;
    const char *derivative;
    if (symgrad_read(text.data(), text.size(), 0, 0, &model) != SYMGRAD_OK ||
        symgrad_differentiate(model, 0, &derivative) != SYMGRAD_OK) {
        std::fputs(symgrad_messages(model), stderr);
        return 1;
    }
    std::fputs(derivative, stdout);
    symgrad_free(model);
    return 0;
}
