#include "core/fault_guard.h"

#include <array>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "core/pages.h"

namespace mmapdir {

namespace {

/// A range that is watched. The handler reads it without a lock and takes only what had the same
/// version before and after: a place may go from one range to another meanwhile, and what begins
/// with the one and ends with the other may be anybody's. It misses nothing, since nobody faults
/// in a range that comes or goes.
struct Range {
  std::atomic<std::uint64_t> version{0};
  std::atomic<std::uintptr_t> begin{0};  // 0 where there is none
  std::atomic<std::uintptr_t> end{0};
  std::atomic<std::uint32_t> cell{0};
  std::atomic<bool> writable{false};
  std::atomic<bool> split{false};  // zeros have taken its end
};

static_assert(std::atomic<std::uintptr_t>::is_always_lock_free);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::int32_t>::is_always_lock_free);

std::array<std::atomic<std::int32_t>, FaultCells::kCount> cells;
std::array<Range, FaultCells::kCount> ranges;
std::atomic<std::size_t> rangesUsed{0};  // the handler looks no further
std::atomic<std::uint64_t> faultCount{0};

/// Zeros in the place of a range's end make two mappings of one. So many ranges may be split at the
/// same time: that many more mappings have room below the kernel's limit beside those that
/// MappingRegistry allows. Where there are more, zeros take the whole range.
constexpr std::uint32_t kSplits = 12288;
std::atomic<std::uint32_t> splitCount{0};

/// Whether the range may be split, or has been. Counts it then, once.
bool maySplit(Range& range) noexcept {
  if (range.split.load(std::memory_order_relaxed)) return true;
  if (splitCount.fetch_add(1, std::memory_order_relaxed) < kSplits &&
      !range.split.exchange(true, std::memory_order_relaxed)) {
    return true;
  }
  splitCount.fetch_sub(1, std::memory_order_relaxed);
  return range.split.load(std::memory_order_relaxed);
}

/// Hands out the places of a table.
class Places {
 public:
  std::size_t take() {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      const std::size_t place = free_.back();
      free_.pop_back();
      return place;
    }
    if (used_ == FaultCells::kCount) throw std::bad_alloc();
    free_.reserve(used_ + 1);  // so that giveBack() need not allocate
    return used_++;
  }

  void giveBack(std::size_t place) noexcept {
    const std::lock_guard lock(mutex_);
    free_.push_back(place);
  }

 private:
  std::mutex mutex_;
  std::vector<std::size_t> free_;
  std::size_t used_ = 0;
};

// Never destroyed: see MappingRegistry::instance().
Places& cellPlaces() {
  static auto* const places = new Places();
  return *places;
}

Places& rangePlaces() {
  static auto* const places = new Places();
  return *places;
}

}  // namespace

std::shared_ptr<FaultCell> FaultCell::claim() {
  const std::size_t index = cellPlaces().take();
  cells[index].store(kHealthy, std::memory_order_release);
  return std::shared_ptr<FaultCell>(new FaultCell(index));
}

FaultCell::~FaultCell() { cellPlaces().giveBack(index_); }

bool FaultCell::faulted() const noexcept {
  return cells[index_].load(std::memory_order_acquire) == kFaulted;
}

std::atomic<std::int32_t>* FaultCells::all() noexcept { return cells.data(); }

std::uint64_t FaultCells::faults() noexcept { return faultCount.load(std::memory_order_relaxed); }

FaultWatch::FaultWatch(std::byte* address, std::size_t length, Pages kind,
                       std::shared_ptr<FaultCell> cell)
    : slot_(rangePlaces().take()), cell_(std::move(cell)) {
  Range& range = ranges[slot_];
  const auto begin = reinterpret_cast<std::uintptr_t>(address);
  // The new version before anything of the new range: whoever reads one of those sees it, too.
  range.version.fetch_add(1, std::memory_order_relaxed);
  range.end.store(begin + length, std::memory_order_release);
  range.cell.store(static_cast<std::uint32_t>(cell_->index()), std::memory_order_release);
  range.writable.store(kind == Pages::kPrivate, std::memory_order_release);
  range.begin.store(begin, std::memory_order_release);
  std::size_t used = rangesUsed.load(std::memory_order_relaxed);
  while (used <= slot_ && !rangesUsed.compare_exchange_weak(used, slot_ + 1, std::memory_order_release)) {
  }
}

FaultWatch::FaultWatch(FaultWatch&& other) noexcept
    : slot_(std::exchange(other.slot_, kNone)), cell_(std::move(other.cell_)) {}

FaultWatch::~FaultWatch() {
  if (slot_ == kNone) return;
  Range& range = ranges[slot_];
  range.begin.store(0, std::memory_order_release);
  if (range.split.exchange(false, std::memory_order_relaxed)) {
    splitCount.fetch_sub(1, std::memory_order_relaxed);
  }
  rangePlaces().giveBack(slot_);
}

bool substituteFaultedPages(std::uintptr_t address, FaultedBy access) noexcept {
  const std::size_t used = rangesUsed.load(std::memory_order_acquire);
  for (std::size_t slot = 0; slot < used; slot++) {
    Range& range = ranges[slot];
    const std::uint64_t version = range.version.load(std::memory_order_acquire);
    const std::uintptr_t begin = range.begin.load(std::memory_order_acquire);
    if (begin == 0 || address < begin) continue;
    const std::uintptr_t end = range.end.load(std::memory_order_acquire);
    if (address >= end) continue;
    const std::uint32_t cell = range.cell.load(std::memory_order_acquire);
    const bool writable = range.writable.load(std::memory_order_acquire);
    if (range.version.load(std::memory_order_relaxed) != version) continue;
    if (access == FaultedBy::kWrite && !writable) return false;
    // First the word, then the zeros: whoever sees one of those sees the other.
    cells[cell].store(FaultCell::kFaulted, std::memory_order_seq_cst);
    faultCount.fetch_add(1, std::memory_order_relaxed);
    const std::uintptr_t page = address & ~(static_cast<std::uintptr_t>(pageSize()) - 1);
    auto* const touched = reinterpret_cast<std::byte*>(page);
    // To the end at once: page by page, a file that lost a gigabyte takes seconds.
    if ((page == begin || maySplit(range)) &&
        mapZeros(touched, end - page, touched, writable)) {
      return true;
    }
    return mapZeros(reinterpret_cast<std::byte*>(begin), end - begin, touched, writable);
  }
  return false;
}

}  // namespace mmapdir
