#include "core/file_lock.h"

#include <mutex>
#include <set>

namespace mmapdir {

namespace {

struct NameTable {
  std::mutex mutex;
  std::set<std::string> names;

  static NameTable& instance() {
    // Never destroyed: see MappingRegistry::instance().
    static auto* const table = new NameTable();
    return *table;
  }
};

}  // namespace

std::unique_ptr<FileLock> FileLock::reserve(std::string name) {
  NameTable& table = NameTable::instance();
  {
    const std::lock_guard guard(table.mutex);
    if (!table.names.insert(name).second) return nullptr;
  }
  return std::unique_ptr<FileLock>(new FileLock(std::move(name)));
}

FileLock::~FileLock() {
  file_.reset();  // the system's lock goes before the name, so that the next holder finds it free
  NameTable& table = NameTable::instance();
  const std::lock_guard guard(table.mutex);
  table.names.erase(name_);
}

FileLock::Outcome FileLock::acquire(Descriptor file) {
  if (!lockFile(file)) {
    holder_ = lockHolder(file);
    return Outcome::kHeldElsewhere;
  }
  file_.emplace(std::move(file));
  return Outcome::kAcquired;
}

bool FileLock::held() const { return file_.has_value() && lockStillHeld(*file_); }

}  // namespace mmapdir
