#pragma once

#include <cstddef>
#include <cstdint>

#include "core/descriptor.h"

namespace mmapdir {

/// How pages are given back to the system: called the first to go when memory is short, or dropped
/// now.
enum class Release { kCold, kDrop };

/// Gives back the pages of a shared mapping of a file, of which nothing can be lost: what is read
/// again comes from the file. Throws SystemError where the system has a say and refuses.
void release(std::byte* address, std::size_t length, Release how);

/// Drops what the system's cache holds of the file, but for pages that are mapped.
void dropCached(const Descriptor& file, std::uint64_t length);

}  // namespace mmapdir
