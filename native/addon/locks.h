#pragma once

#include <napi.h>

namespace mmapdir {

/// The functions over file locks that src/native.ts calls.
void exportLocks(Napi::Object exports);

}  // namespace mmapdir
