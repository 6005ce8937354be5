#include "core/file_lock.h"

#include <windows.h>

#include "core/system_error.h"

namespace mmapdir {

namespace {

/// Locks what a JVM locks: all that a file could ever have.
bool lockWhole(HANDLE file) {
  OVERLAPPED start = {};
  if (::LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, MAXDWORD, MAXLONG, &start)) {
    return true;
  }
  const DWORD code = ::GetLastError();
  if (code != ERROR_LOCK_VIOLATION && code != ERROR_IO_PENDING) throwLastError("LockFileEx");
  return false;
}

}  // namespace

bool lockFile(const Descriptor& file) { return lockWhole(reinterpret_cast<HANDLE>(file.get())); }

bool lockStillHeld(const Descriptor& file) {
  // A lock is in the way of its own handle, too. Where nothing is in the way, it has been lost.
  const auto handle = reinterpret_cast<HANDLE>(file.get());
  if (!lockWhole(handle)) return true;
  OVERLAPPED start = {};
  ::UnlockFileEx(handle, 0, MAXDWORD, MAXLONG, &start);
  return false;
}

std::int64_t lockHolder(const Descriptor&) { return -1; }

}  // namespace mmapdir
