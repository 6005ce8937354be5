#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/advice.h"
#include "core/descriptor.h"
#include "core/fault_guard.h"
#include "core/mapping_registry.h"
#include "core/pages.h"
#include "core/release.h"

namespace mmapdir {

/// Pages that a writer may change without anyone else seeing it, and the permit to hold them.
struct PrivatePages {
  MappingPermit permit;  // outlives the pages
  Pages pages;
  FaultWatch watch;  // ends before the pages do
};

/// A file mapped whole, read-only, in chunks. Shared by all inputs over it: the descriptor goes with
/// the last std::shared_ptr, the pages when nobody holds them either. All members may be called from
/// any thread.
class Mapping {
 public:
  struct Options {
    unsigned chunkPower = 34;
    /// Map the whole file at one place, so that chunks lie side by side.
    bool sideBySide = true;
  };

  /// Maps the first `length` bytes of the file. Throws SystemError or MappingLimitError.
  static std::shared_ptr<Mapping> open(Descriptor file, std::uint64_t length, Options options);

  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping();

  /// Keeps the pages, and nothing else of the mapping.
  std::shared_ptr<const void> pages() const noexcept { return pages_; }

  std::uint64_t length() const noexcept { return length_; }
  unsigned chunkPower() const noexcept { return chunkPower_; }

  /// Says whether a page of it, or of private pages made from it, could not be read.
  const FaultCell& faultCell() const noexcept { return *pages_->faultCell; }

  /// The file's length now. Less than length() when it was truncated.
  std::uint64_t fileLengthNow() const { return file_.fileLength(); }

  /// Whether an address range may cross from one chunk to the next.
  bool sideBySide() const noexcept { return pages_->runs.size() < 2; }

  /// Where the byte at `offset` is. The caller holds `length` bytes from there, which must lie in
  /// the file and, unless sideBySide(), in one chunk; nullptr otherwise.
  std::byte* at(std::uint64_t offset, std::size_t length) const noexcept;

  /// The whole pages that were mapped by one call and hold `offset`, which must lie in the file.
  struct Run {
    std::byte* address;
    std::uint64_t length;
  };
  Run runAt(std::uint64_t offset) const noexcept;

  /// kWillNeed covers every page the range touches, other advice only the pages that it fills.
  void advise(std::uint64_t offset, std::uint64_t length, Advice advice) const;

  /// Notes that so many more ranges of it (fewer, where negative) have an advice of their own: the
  /// kernel splits a mapping for each.
  void countAdvisedRanges(std::int64_t more) noexcept;

  /// Continues a CRC-32 with the bytes of the range. Only where canChecksum().
  std::uint32_t checksum(std::uint64_t offset, std::uint64_t length, std::uint32_t checksum) const noexcept;

  std::uint64_t residentBytes(std::uint64_t offset, std::uint64_t length) const;

  /// Whether every page that the range touches is in memory.
  bool isResident(std::uint64_t offset, std::uint64_t length) const;

  /// Brings the pages into memory and waits for them. Where they are advised to be read at random,
  /// the system reads them one by one: prefetchAll() first.
  void preload(std::uint64_t offset, std::uint64_t length) const;

  /// Wishes for huge pages, all over the file. Throws SystemError where there are none.
  void useHugePages() const;

  /// Makes huge pages of the whole ones within the range that are in memory, and waits for it.
  /// Throws SystemError where the system refuses.
  void collapsePages(std::uint64_t offset, std::uint64_t length) const;

  /// Gives all pages back to the system. Private pages keep what was written into them.
  void release(Release how) const;

  /// Its number in the registry.
  std::uint64_t id() const noexcept { return id_; }

  /// Pages of its own for [offset, offset + length), both sides rounded out to whole pages.
  /// Throws SystemError or MappingLimitError.
  PrivatePages privatePages(std::uint64_t offset, std::uint64_t length) const;

 private:
  Mapping(Descriptor file, std::uint64_t length, Options options);

  /// What the system gives.
  struct Held {
    explicit Held(MappingPermit right) noexcept : permit(std::move(right)) {}
    ~Held();

    MappingPermit permit;
    std::atomic<std::int64_t> advisedRanges{0};
    std::vector<Pages> runs;          // one for all chunks when they lie side by side, else one each
    const std::shared_ptr<FaultCell> faultCell = FaultCell::claim();
    std::vector<FaultWatch> watches;  // end before the pages do
  };

  template <typename Visitor>
  void eachRun(std::uint64_t begin, std::uint64_t end, Visitor&& visit) const;

  const Descriptor file_;
  const std::uint64_t length_;
  const unsigned chunkPower_;
  std::uint64_t id_ = 0;  // in the registry; 0 until it is listed there
  const std::shared_ptr<Held> pages_;
};

}  // namespace mmapdir
