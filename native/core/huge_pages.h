#pragma once

#include <cstddef>

namespace mmapdir {

/// The length of a huge page, to which such pages are aligned.
inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

/// Wishes for huge pages when the pages of the range are brought in. Throws SystemError where the
/// system does not know them.
void useHugePages(std::byte* address, std::size_t length);

/// Makes huge pages of those pages of the range that are in memory, and waits for it. Throws
/// SystemError where the system refuses.
void collapsePages(std::byte* address, std::size_t length);

}  // namespace mmapdir
