#pragma once

#include <napi.h>

namespace mmapdir {

/// The functions over mappings that src/native.ts calls.
void exportMappings(Napi::Object exports);

}  // namespace mmapdir
