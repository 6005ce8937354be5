#pragma once

#include <napi.h>

namespace mmapdir {

/// Adds the functions that give addresses of mapped bytes to native code of others.
void exportPins(Napi::Object exports);

}  // namespace mmapdir
