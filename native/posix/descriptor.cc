#include "core/descriptor.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/system_error.h"

namespace mmapdir {

Descriptor Descriptor::duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throwLastError("fcntl");
  return Descriptor(copy);
}

Descriptor::~Descriptor() {
  // Not retried after EINTR: Linux has closed the descriptor by then (close(2)).
  if (handle_ != kNone) ::close(static_cast<int>(handle_));
}

std::uint64_t Descriptor::fileLength() const {
  // Not fstat, which would ask for glibc 2.33. Nobody else uses this descriptor's position.
  const off_t end = ::lseek(static_cast<int>(handle_), 0, SEEK_END);
  if (end < 0) throwLastError("lseek");
  return static_cast<std::uint64_t>(end);
}

std::size_t Descriptor::readAt(std::byte* target, std::size_t length, std::uint64_t offset) const {
  for (;;) {
    const ssize_t count =
        ::pread(static_cast<int>(handle_), target, length, static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throwLastError("pread");
  }
}

}  // namespace mmapdir
