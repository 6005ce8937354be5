#pragma once

#include <cstddef>
#include <cstdint>

#include "core/descriptor.h"

namespace mmapdir {

/// Brings the pages of a mapped run of the file into memory and waits for them.
/// Never raises a signal: a page that cannot be read is a SystemError.
void preload(std::byte* address, std::size_t length, const Descriptor& file, std::uint64_t offset);

}  // namespace mmapdir
