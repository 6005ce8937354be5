#pragma once

#include <cstdio>
#include <cstdlib>

/// Ends the process, and says what is not so. On every system.
#define CHECK(condition)                                                               \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);     \
      std::_Exit(1);                                                                   \
    }                                                                                  \
  } while (false)
