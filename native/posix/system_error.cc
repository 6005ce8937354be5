#include "core/system_error.h"

#include <cerrno>

namespace mmapdir {

void throwLastError(const char* syscall) { throw SystemError(syscall, errno); }

void throwOutOfMemory(const char* syscall) { throw SystemError(syscall, ENOMEM); }

void throwNotSupported(const char* syscall) { throw SystemError(syscall, ENOTSUP); }

void throwUnreadable(const char* syscall) { throw SystemError(syscall, EIO); }

}  // namespace mmapdir
