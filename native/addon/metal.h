#pragma once

#include <napi.h>

namespace mmapdir {

/// Adds the functions that make Metal buffers of pinned chunks.
void exportMetal(Napi::Object exports);

}  // namespace mmapdir
