/* Compiled into the program that unpacks the executable, by a hook of Nuitka's for such files. Where unpacking fails,
 * Nuitka says "couldn't unpack file to target path" and ends with code 2: this adds where that is, and what to do.
 * Only glibc tells at the end with which code a program ends; elsewhere Nuitka's own words have to do. */
#if defined(__linux__)
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

static void ddesk_tell_of_no_room(int code, void *nothing) {
    /* Set as soon as all is unpacked; the code may then be the desk's own. */
    if (code != 2 || getenv("NUITKA_ORIGINAL_ARGV0") != NULL) {
        return;
    }
    char const *cache = getenv("XDG_CACHE_HOME");
    char const *home = getenv("HOME");
    char folder[4096];
    if (cache != NULL && cache[0] != 0) {
        snprintf(folder, sizeof(folder), "%s", cache);
    } else {
        snprintf(folder, sizeof(folder), "%s/.cache", home != NULL ? home : "");
    }
    struct statvfs found;
    unsigned long long free_mb = statvfs(folder, &found) == 0 ? (unsigned long long)found.f_bavail * found.f_frsize >> 20 : 0;
    fprintf(stderr,
            "ddesk: DiffusionDesk can't unpack itself into %s, where %llu MB are free; it needs 200.\n"
            "       Make room there, or name another folder in XDG_CACHE_HOME. Nothing of yours was touched.\n",
            folder, free_mb);
}

__attribute__((constructor)) static void ddesk_watch_the_unpacking(void) { on_exit(ddesk_tell_of_no_room, NULL); }
#endif
