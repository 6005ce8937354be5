#include "core/mapping_registry.h"

#include "core/mapping.h"

namespace mmapdir {

MappingPermit::~MappingPermit() {
  if (count_ != 0 || bytes_ != 0) MappingRegistry::instance().release(count_, bytes_);
}

void MappingPermit::keepForGood() && noexcept {
  MappingRegistry::instance().leaveBehind(std::exchange(count_, 0));
  bytes_ = 0;
}

MappingRegistry& MappingRegistry::instance() {
  // Never destroyed: threads may still give mappings back while static destructors run.
  static auto* const registry = new MappingRegistry();
  return *registry;
}

std::uint64_t MappingRegistry::add(const std::shared_ptr<Mapping>& mapping) {
  const std::lock_guard lock(mutex_);
  table_.emplace(++lastId_, mapping);
  return lastId_;
}

void MappingRegistry::remove(std::uint64_t id) noexcept {
  const std::lock_guard lock(mutex_);
  table_.erase(id);
}

std::vector<MappingRegistry::Entry> MappingRegistry::entries() const {
  // What is locked here may turn out to be the last reference, whose end calls remove(): it is
  // dropped after the mutex.
  std::vector<std::pair<std::uint64_t, std::shared_ptr<Mapping>>> living;
  {
    const std::lock_guard lock(mutex_);
    living.reserve(table_.size());
    for (const auto& [id, weak] : table_) {
      if (auto mapping = weak.lock()) living.emplace_back(id, std::move(mapping));
    }
  }
  std::vector<Entry> entries;
  entries.reserve(living.size());
  for (const auto& [id, mapping] : living) {
    entries.push_back({id, mapping->length(), static_cast<std::uint64_t>(mapping.use_count()) - 1});
  }
  return entries;
}

std::shared_ptr<Mapping> MappingRegistry::find(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = table_.find(id);
  return found == table_.end() ? nullptr : found->second.lock();
}

MappingPermit MappingRegistry::permit(std::uint64_t count, std::uint64_t bytes) {
  const std::uint64_t limit = limit_.load(std::memory_order_relaxed);
  std::uint64_t held = mappings_.load(std::memory_order_relaxed);
  do {
    if (count != 0 && (held >= limit || count > limit - held)) throw MappingLimitError(limit);
  } while (!mappings_.compare_exchange_weak(held, held + count, std::memory_order_relaxed));
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return MappingPermit(count, bytes);
}

void MappingRegistry::release(std::uint64_t count, std::uint64_t bytes) noexcept {
  mappings_.fetch_sub(count, std::memory_order_relaxed);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

MappingRegistry::Totals MappingRegistry::totals() const noexcept {
  return {mappings_.load(std::memory_order_relaxed), bytes_.load(std::memory_order_relaxed),
          windows_.load(std::memory_order_relaxed), limit_.load(std::memory_order_relaxed),
          unclosed_.load(std::memory_order_relaxed), leftBehind_.load(std::memory_order_relaxed),
          pins_.load(std::memory_order_relaxed)};
}

}  // namespace mmapdir
