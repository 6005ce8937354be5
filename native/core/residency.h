#pragma once

#include <cstddef>

namespace mmapdir {

/// Whether all pages that are in memory are found there. Where not, residentBytes() is a lower bound.
bool residencyComplete();

/// How many of the `length` bytes at `address` (a page boundary) lie on pages that are in memory now.
std::size_t residentBytes(std::byte* address, std::size_t length);

}  // namespace mmapdir
