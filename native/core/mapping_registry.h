#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace mmapdir {

/// The library's own limit on mappings was reached, before the system's.
class MappingLimitError : public std::exception {
 public:
  explicit MappingLimitError(std::uint64_t limit) noexcept : limit_(limit) {}

  const char* what() const noexcept override { return "mapping limit"; }
  std::uint64_t limit() const noexcept { return limit_; }

 private:
  std::uint64_t limit_;
};

class Mapping;
class MappingRegistry;

/// The right to hold some mappings, given back when it goes.
class MappingPermit {
 public:
  MappingPermit(MappingPermit&& other) noexcept
      : count_(std::exchange(other.count_, 0)), bytes_(std::exchange(other.bytes_, 0)) {}
  MappingPermit& operator=(MappingPermit&&) = delete;
  MappingPermit(const MappingPermit&) = delete;
  MappingPermit& operator=(const MappingPermit&) = delete;
  ~MappingPermit();

  /// Keeps the mappings for as long as the process lives: nobody will know when they are unused.
  void keepForGood() && noexcept;

 private:
  friend class MappingRegistry;
  MappingPermit(std::uint64_t count, std::uint64_t bytes) noexcept : count_(count), bytes_(bytes) {}

  std::uint64_t count_;
  std::uint64_t bytes_;
};

/// Knows what this process has mapped through this library, in all threads.
class MappingRegistry {
 public:
  struct Totals {
    std::uint64_t mappings;
    std::uint64_t bytes;
    std::uint64_t windows;
    std::uint64_t limit;
    std::uint64_t unclosed;
    std::uint64_t leftBehind;
    std::uint64_t pins;
  };

  /// A mapping that lives, and by how many owners (inputs, windows, running loads).
  struct Entry {
    std::uint64_t id;
    std::uint64_t length;
    std::uint64_t references;
  };

  static MappingRegistry& instance();

  /// Lists a mapping until remove(), under a number that is not used again in this process.
  std::uint64_t add(const std::shared_ptr<Mapping>& mapping);
  void remove(std::uint64_t id) noexcept;
  std::vector<Entry> entries() const;

  /// The mapping of that number; nullptr when it has ended.
  std::shared_ptr<Mapping> find(std::uint64_t id) const;

  /// Throws MappingLimitError when `count` more mappings would exceed the limit.
  MappingPermit permit(std::uint64_t count, std::uint64_t bytes);

  void windowOpened() noexcept { windows_.fetch_add(1, std::memory_order_relaxed); }
  void windowClosed() noexcept { windows_.fetch_sub(1, std::memory_order_relaxed); }

  /// Ranges with an advice of their own, in all mappings; there is room for kAdvisedRanges.
  static constexpr std::int64_t kAdvisedRanges = 1024;
  void advised(std::int64_t more) noexcept { advisedRanges_.fetch_add(more, std::memory_order_relaxed); }
  bool mayAdvise() const noexcept {
    return advisedRanges_.load(std::memory_order_relaxed) + 2 <= kAdvisedRanges;
  }

  /// An input was collected that nobody had closed.
  void forgotten() noexcept { unclosed_.fetch_add(1, std::memory_order_relaxed); }

  Totals totals() const noexcept;
  void setLimit(std::uint64_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }

  /// Native code holds the address of a mapped part, or no longer does.
  void pinned() noexcept { pins_.fetch_add(1, std::memory_order_relaxed); }
  void unpinned() noexcept { pins_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  friend class MappingPermit;
  MappingRegistry() = default;

  void release(std::uint64_t count, std::uint64_t bytes) noexcept;
  void leaveBehind(std::uint64_t count) noexcept { leftBehind_.fetch_add(count, std::memory_order_relaxed); }

  // V8 aborts the process when the kernel refuses it a mapping, and the kernel's default limit is
  // 65530 (vm.max_map_count): a quarter stays for everyone else.
  std::atomic<std::uint64_t> limit_{49152};
  std::atomic<std::uint64_t> mappings_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> windows_{0};
  std::atomic<std::uint64_t> unclosed_{0};
  std::atomic<std::uint64_t> leftBehind_{0};
  std::atomic<std::uint64_t> pins_{0};
  std::atomic<std::int64_t> advisedRanges_{0};

  mutable std::mutex mutex_;
  std::uint64_t lastId_ = 0;                             // guarded by mutex_
  std::map<std::uint64_t, std::weak_ptr<Mapping>> table_;  // guarded by mutex_
};

}  // namespace mmapdir
