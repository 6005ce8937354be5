#include "core/file_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/system_error.h"

namespace mmapdir {

namespace {

// Open-file-description locks belong to the descriptor, not to the process: closing another
// descriptor of the same file does not lose them. They conflict with the fcntl locks of a JVM.
#ifdef F_OFD_SETLK
constexpr int kSetLock = F_OFD_SETLK;
constexpr int kGetLock = F_OFD_GETLK;
#else
constexpr int kSetLock = F_SETLK;
constexpr int kGetLock = F_GETLK;
#endif

struct flock wholeFile() {
  struct flock range = {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;  // from 0 for a length of 0: to the end, however far it moves
}

}  // namespace

bool lockFile(const Descriptor& file) {
  struct flock range = wholeFile();
  while (::fcntl(static_cast<int>(file.get()), kSetLock, &range) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) throwLastError("fcntl");
  }
  return true;
}

// To take it again succeeds for its holder, and takes it back where nobody else has it.
bool lockStillHeld(const Descriptor& file) { return lockFile(file); }

std::int64_t lockHolder(const Descriptor& file) {
  struct flock range = wholeFile();
  if (::fcntl(static_cast<int>(file.get()), kGetLock, &range) != 0) return -1;
  return range.l_type == F_UNLCK || range.l_pid <= 0 ? -1 : range.l_pid;
}

}  // namespace mmapdir
