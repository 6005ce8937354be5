#pragma once

#include <napi.h>

namespace mmapdir {

/// Adds the functions that say and change which pages of mappings are in memory.
void exportPaging(Napi::Object exports);

}  // namespace mmapdir
