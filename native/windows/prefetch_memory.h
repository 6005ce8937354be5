#pragma once

#include <cstddef>

namespace mmapdir {

/// Asks the system to read the pages of a range, in as few and long reads as it likes. Only a hint:
/// what cannot be read shows when it is touched.
void prefetchMemory(std::byte* address, std::size_t length) noexcept;

}  // namespace mmapdir
