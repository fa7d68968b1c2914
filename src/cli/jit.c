#include "cli/jit.h"

#include "cli/compile.h"

#include <dlfcn.h>

struct jit {
    struct session *session;
    const char *directory;
    void *handle;
};

struct jit *jit_load(struct session *session, const char *text, size_t length)
{
    struct jit *jit = ARENA_NEW(session->arena, struct jit);
    jit->session = session;
    jit->directory = scratch_create(session);
    if (jit->directory == NULL) {
        return NULL;
    }
    const char *path = compile_c(session, jit->directory, "check", text, length, COMPILE_TO_LOAD);
    if (path != NULL) {
        jit->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (jit->handle == NULL) {
            session_failure("cannot load the compiled code: %s", dlerror());
        }
    }
    if (jit->handle == NULL) {
        scratch_remove(session, jit->directory);
        return NULL;
    }
    return jit;
}

void *jit_find(struct jit *jit, const char *name)
{
    void *address = dlsym(jit->handle, name);
    if (address == NULL) {
        session_failure("the compiled code has no function '%s'", name);
    }
    return address;
}

void jit_unload(struct jit *jit)
{
    dlclose(jit->handle);
    scratch_remove(jit->session, jit->directory);
}
