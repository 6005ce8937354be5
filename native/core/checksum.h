#pragma once

#include <cstddef>
#include <cstdint>

namespace mmapdir {

/// Whether this processor has instructions for checksum(): elsewhere, zlib's is as good.
bool canChecksum() noexcept;

/// Continues the CRC-32 `checksum` (zlib's: reflected, polynomial 0xEDB88320, inverted at both ends)
/// with `length` bytes. Only where canChecksum().
std::uint32_t checksum(std::uint32_t checksum, const std::byte* bytes, std::size_t length) noexcept;

}  // namespace mmapdir
