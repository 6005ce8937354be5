// The two symbols that GCC 11 and later take from libraries that are newer than those of the oldest
// systems Node.js runs on (glibc 2.28, libstdc++ of GCC 8). Both come from inlined library code, so
// nothing else keeps them out; prebuilds/verify.mjs holds the binaries against the bounds. The version
// script keeps these definitions to this library.
#include <features.h>

#ifdef __GLIBC__
#include <new>

// glibc 2.32. shared_ptr counts without atomic instructions while it is true. Node.js always has threads.
extern "C" char __libc_single_threaded;
char __libc_single_threaded = 0;

namespace std {

// libstdc++ of GCC 11 (GLIBCXX_3.4.29).
void __throw_bad_array_new_length();
void __throw_bad_array_new_length() { throw bad_array_new_length(); }

}  // namespace std
#endif
