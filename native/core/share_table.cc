#include "core/share_table.h"

#include <random>
#include <utility>
#include <vector>

namespace mmapdir {

namespace {

std::string randomKey() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device random;
  std::string key;
  while (key.size() < 32) {
    for (auto [bits, digits] = std::pair(random(), 0); digits < 8; digits++, bits >>= 4) {
      key.push_back(kDigits[bits & 15]);
    }
  }
  return key;
}

}  // namespace

ShareTable& ShareTable::instance() {
  // Never destroyed: see MappingRegistry::instance().
  static auto* const table = new ShareTable();
  return *table;
}

ShareTable::Share ShareTable::add(std::shared_ptr<Mapping> mapping, std::uint64_t offset,
                                  std::uint64_t length, const void* owner) {
  std::string key = randomKey();
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = ++lastId_;
  entries_.emplace(id, Entry{key, std::move(mapping), offset, length, owner});
  return {id, std::move(key)};
}

std::shared_ptr<Mapping> ShareTable::claim(const Share& share, std::uint64_t offset,
                                           std::uint64_t length) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(share.id);
  if (found == entries_.end()) return nullptr;
  Entry& entry = found->second;
  if (entry.key != share.key || entry.offset != offset || entry.length != length) return nullptr;
  std::shared_ptr<Mapping> mapping = std::move(entry.mapping);
  entries_.erase(found);
  return mapping;
}

void ShareTable::withdraw(const Share& share) {
  std::shared_ptr<Mapping> last;  // ends after the mutex: unmapping takes time
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(share.id);
  if (found == entries_.end() || found->second.key != share.key) return;
  last = std::move(found->second.mapping);
  entries_.erase(found);
}

void ShareTable::withdrawAll(const void* owner) {
  std::vector<std::shared_ptr<Mapping>> last;  // end after the mutex
  const std::lock_guard lock(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    if (at->second.owner == owner) {
      last.push_back(std::move(at->second.mapping));
      at = entries_.erase(at);
    } else {
      ++at;
    }
  }
}

}  // namespace mmapdir
