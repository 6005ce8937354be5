#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/descriptor.h"

namespace mmapdir {

/// An exclusive lock on a whole file: against other processes by the system's own locks (those
/// that a JVM takes, too), within this process by a table of names. Released at the end.
class FileLock {
 public:
  enum class Outcome { kAcquired, kHeldElsewhere };

  /// Takes the name in this process's table, or gives nullptr where someone has it. To be done
  /// before the file is opened: where locks belong to the process (POSIX fcntl without open file
  /// descriptions), closing any descriptor of the file would release the holder's lock.
  static std::unique_ptr<FileLock> reserve(std::string name);

  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

  /// Locks the file behind the descriptor, at once or not at all. Throws SystemError.
  Outcome acquire(Descriptor file);

  /// The process that keeps acquire() from succeeding, where the system says.
  std::int64_t holder() const noexcept { return holder_; }

  /// Whether the system still grants the lock.
  bool held() const;

 private:
  explicit FileLock(std::string name) : name_(std::move(name)) {}

  const std::string name_;
  std::optional<Descriptor> file_;
  std::int64_t holder_ = -1;
};

/// The system's side. Returns whether the lock is held by this descriptor now.
bool lockFile(const Descriptor& file);

/// Whether the lock that lockFile() took is still held.
bool lockStillHeld(const Descriptor& file);

/// The process whose lock is in the way, or -1 where the system does not say.
std::int64_t lockHolder(const Descriptor& file);

}  // namespace mmapdir
