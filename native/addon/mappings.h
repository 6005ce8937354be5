#pragma once

#include <napi.h>

namespace mmapdir {

/// The functions over mappings that src/native.ts calls.
void exportMappings(Napi::Env env, Napi::Object exports);

}  // namespace mmapdir
