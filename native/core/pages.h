#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/descriptor.h"

namespace mmapdir {

/// The unit of address space on this system: a power of two.
std::size_t pageSize();

/// What a file offset in a mapping must be a multiple of: the page, on Windows the allocation granularity.
std::size_t mappingGranularity();

/// Whether a file cannot be removed while it is mapped.
bool mappingsHoldFiles();

/// Owns a run of address space and unmaps it at the end.
class Pages {
 public:
  /// Maps `length` bytes of the file read-only and shared, wherever the system likes.
  static Pages map(const Descriptor& file, std::uint64_t offset, std::size_t length);

  /// Maps `length` bytes of the file so that writes stay in this mapping, without reserving memory for
  /// them where the system can do that (POSIX).
  static Pages mapPrivate(const Descriptor& file, std::uint64_t offset, std::size_t length);

  Pages(Pages&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)), length_(std::exchange(other.length_, 0)) {}
  Pages& operator=(Pages&&) = delete;
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages();

  /// Leaves the address space to whoever may still read there: with zeros in place of the file where
  /// the system can put them there at once (POSIX), which takes no memory but for what is written
  /// there, else as it is.
  void abandon() && noexcept;

  std::byte* address() const noexcept { return address_; }
  std::size_t length() const noexcept { return length_; }

 private:
  Pages(std::byte* address, std::size_t length) noexcept : address_(address), length_(length) {}

  std::byte* address_;
  std::size_t length_;
};

}  // namespace mmapdir
