#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "core/mapping.h"

namespace mmapdir {

/// Keeps a part of a mapping, of which native code of others was given the address, and is counted.
class Pin {
 public:
  /// `user` is what was made of the part, if anything, and ends before the part does.
  Pin(std::shared_ptr<Mapping> mapping, std::uint64_t offset, std::uint64_t length,
      std::shared_ptr<const void> user = nullptr) noexcept
      : mapping_(std::move(mapping)), offset_(offset), length_(length), user_(std::move(user)) {
    MappingRegistry::instance().pinned();
  }

  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() { MappingRegistry::instance().unpinned(); }

  const std::shared_ptr<Mapping>& mapping() const noexcept { return mapping_; }
  std::uint64_t offset() const noexcept { return offset_; }
  std::uint64_t length() const noexcept { return length_; }

 private:
  const std::shared_ptr<Mapping> mapping_;
  const std::uint64_t offset_;
  const std::uint64_t length_;
  const std::shared_ptr<const void> user_;  // the last member: the first to go
};

}  // namespace mmapdir
