#pragma once

#include <cstddef>
#include <cstdint>

#include "core/descriptor.h"

namespace mmapdir {

/// How pages are given back to the system: called the first to go when memory is short, or dropped
/// now.
enum class Release { kCold, kDrop };

/// Gives back the pages of a shared mapping of the file, of which nothing can be lost: what is read
/// again comes from the file. Throws SystemError where the system has a say and refuses.
void release(std::byte* address, std::size_t length, const Descriptor& file, std::uint64_t offset,
             Release how);

}  // namespace mmapdir
