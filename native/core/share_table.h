#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/mapping.h"

namespace mmapdir {

/// Mappings on their way from one thread to another. A share keeps its mapping alive until it is
/// claimed or withdrawn, or until the thread that made it ends.
class ShareTable {
 public:
  struct Share {
    std::uint64_t id;
    std::string key;  // so that nobody gets a mapping by guessing, and none of another process
  };

  static ShareTable& instance();

  /// `owner` stands for the thread that shares.
  Share add(std::shared_ptr<Mapping> mapping, std::uint64_t offset, std::uint64_t length,
            const void* owner);

  /// Takes the mapping out of the table; nullptr when there is no such share or any word of it differs.
  std::shared_ptr<Mapping> claim(const Share& share, std::uint64_t offset, std::uint64_t length);

  /// Ends a share that was not claimed.
  void withdraw(const Share& share);

  /// Ends what a thread has shared and nobody has claimed.
  void withdrawAll(const void* owner);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<Mapping> mapping;
    std::uint64_t offset;
    std::uint64_t length;
    const void* owner;
  };

  ShareTable() = default;

  std::mutex mutex_;
  std::uint64_t lastId_ = 0;               // guarded by mutex_
  std::map<std::uint64_t, Entry> entries_;  // guarded by mutex_
};

}  // namespace mmapdir
