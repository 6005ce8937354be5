#include "core/prefetch.h"

#include <algorithm>

namespace mmapdir {

namespace {

// One hint brings in no more than the system reads ahead: read_ahead_kb, 128 by default on Linux.
constexpr std::uint64_t kHintLength = 128 * 1024;

void hint(const Mapping& mapping, FileRange range) {
  for (std::uint64_t done = 0; done < range.length;) {
    const std::uint64_t count = std::min(kHintLength, range.length - done);
    mapping.advise(range.offset + done, count, Advice::kWillNeed);
    done += count;
  }
}

}  // namespace

PrefetchOutcome prefetchSome(const Mapping& mapping, std::span<const FileRange> ranges, bool probe,
                             PrefetchLimits limits) {
  PrefetchOutcome outcome{0, 0};
  for (const FileRange& range : ranges) {
    if (range.length != 0) {
      if (probe) {
        if (range.length > limits.asked) break;
        limits.asked -= range.length;
      }
      if (!probe || !mapping.isResident(range.offset, range.length)) {
        outcome.missing++;
        if (range.length > limits.hinted) break;
        limits.hinted -= range.length;
        hint(mapping, range);
      }
    }
    outcome.reached++;
  }
  return outcome;
}

void prefetchAll(const Mapping& mapping, std::span<const FileRange> ranges) {
  for (const FileRange& range : ranges) hint(mapping, range);
}

}  // namespace mmapdir
