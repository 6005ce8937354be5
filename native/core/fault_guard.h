#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace mmapdir {

/// What became of the pages of one mapping and of the private pages made from it. Read by
/// JavaScript through FaultCells::all(), written by the signal handler.
class FaultCell {
 public:
  static constexpr std::int32_t kHealthy = 1;
  static constexpr std::int32_t kFaulted = 0;

  /// Throws std::bad_alloc when there are as many as there can be.
  static std::shared_ptr<FaultCell> claim();

  FaultCell(const FaultCell&) = delete;
  FaultCell& operator=(const FaultCell&) = delete;
  ~FaultCell();

  /// Its place in FaultCells::all().
  std::size_t index() const noexcept { return index_; }
  bool faulted() const noexcept;

 private:
  explicit FaultCell(std::size_t index) noexcept : index_(index) {}

  const std::size_t index_;
};

/// The cells of all mappings of this process. The table never moves and never goes.
struct FaultCells {
  static constexpr std::size_t kCount = std::size_t{1} << 17;
  static std::atomic<std::int32_t>* all() noexcept;
  /// How often pages were substituted in this process.
  static std::uint64_t faults() noexcept;
};

/// While it lives, a page of the range that cannot be read does not end the process: zeros take
/// the place of it and of everything behind it in the range, and the cell says kFaulted before
/// anyone can see them. Where thousands of other ranges have lost their ends, or the system has no
/// room for one more mapping, they take the place of the whole range.
class FaultWatch {
 public:
  enum class Pages { kShared, kPrivate };

  /// The range begins and ends on pages. Throws std::bad_alloc when the table is full.
  FaultWatch(std::byte* address, std::size_t length, Pages kind, std::shared_ptr<FaultCell> cell);

  FaultWatch(FaultWatch&& other) noexcept;
  FaultWatch& operator=(FaultWatch&&) = delete;
  FaultWatch(const FaultWatch&) = delete;
  FaultWatch& operator=(const FaultWatch&) = delete;
  ~FaultWatch();

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  std::size_t slot_;
  std::shared_ptr<FaultCell> cell_;
};

/// Puts the process's handler for unreadable pages in place, and back in place where someone has
/// replaced it since. Costs a system call.
void armFaultGuard();

/// The handler's part that does not depend on the system: finds whose page it is. Async-signal-safe:
/// a fixed table, no lock, no allocation. Returns whether the page is ours and was substituted. A write
/// to pages that are only read is not: zeros could not be written to either, and it would go on for ever.
enum class FaultedBy { kRead, kWrite };
bool substituteFaultedPages(std::uintptr_t address, FaultedBy access) noexcept;

/// The system's part: zeros in place of whole pages, at once for everybody, so that the page at
/// `touched`, one of them, can be used. Where the system cannot split a mapping (Windows), those before
/// `address` become zeros, too. Async-signal-safe.
bool mapZeros(std::byte* address, std::size_t length, std::byte* touched, bool writable) noexcept;

}  // namespace mmapdir
