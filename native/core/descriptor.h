#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace mmapdir {

/// Owns one open file of this process.
class Descriptor {
 public:
  /// A second descriptor of the file that Node's descriptor `fd` names. The caller keeps `fd`.
  static Descriptor duplicate(int fd);

  Descriptor(Descriptor&& other) noexcept : handle_(std::exchange(other.handle_, kNone)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  std::intptr_t get() const noexcept { return handle_; }

  /// The file's length now.
  std::uint64_t fileLength() const;

  /// Reads up to `length` bytes at `offset` and returns how many there were; 0 is the end of the file.
  std::size_t readAt(std::byte* target, std::size_t length, std::uint64_t offset) const;

 private:
  static constexpr std::intptr_t kNone = -1;

  explicit Descriptor(std::intptr_t handle) noexcept : handle_(handle) {}

  std::intptr_t handle_;
};

}  // namespace mmapdir
