#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/mapping.h"

namespace mmapdir {

/// A run of bytes of a mapped file.
struct FileRange {
  std::uint64_t offset;
  std::uint64_t length;
};

/// What may be done at once in a thread that must not wait. Asking about a page costs a fraction of
/// a microsecond, asking the device for one some microseconds.
struct PrefetchLimits {
  std::uint64_t asked;   // bytes whose residency may be asked for
  std::uint64_t hinted;  // bytes that may be asked of the device
};

struct PrefetchOutcome {
  std::size_t reached;  // the ranges from this one on are left to prefetchAll()
  std::size_t missing;  // how many of those looked at were not in memory, as far as the system tells
};

/// Asks the system to bring in the ranges that are not in memory, in their order, up to the limits.
/// `probe` is false where the system does not tell what is in memory: then all are asked for.
PrefetchOutcome prefetchSome(const Mapping& mapping, std::span<const FileRange> ranges, bool probe,
                             PrefetchLimits limits);

/// Asks the system to bring in all of the ranges. Waits where the device has too much to do.
void prefetchAll(const Mapping& mapping, std::span<const FileRange> ranges);

}  // namespace mmapdir
