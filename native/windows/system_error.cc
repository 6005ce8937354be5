#include "core/system_error.h"

#include <windows.h>

namespace mmapdir {

namespace {

/// The numbers by which Node's errors go on Windows: libuv's (uv/errno.h), which this part of the
/// library does not include.
enum UvError : int {
  kAccess = 4092,
  kBadDescriptor = 4083,
  kBusy = 4082,
  kFault = 4074,
  kInvalid = 4071,
  kInputOutput = 4070,
  kTooManyFiles = 4066,
  kNoEntry = 4058,
  kNoMemory = 4057,
  kNoSpace = 4055,
  kNotSupported = 4049,
  kUnknown = 4094,
};

/// What POSIX would have called it.
UvError uvError(DWORD code) {
  switch (code) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
      return kNoEntry;
    case ERROR_ACCESS_DENIED:
      return kAccess;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_USER_MAPPED_FILE:
      return kBusy;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_WORKING_SET_QUOTA:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NOT_ENOUGH_QUOTA:
      return kNoMemory;
    case ERROR_TOO_MANY_OPEN_FILES:
      return kTooManyFiles;
    case ERROR_INVALID_HANDLE:
      return kBadDescriptor;
    case ERROR_INVALID_PARAMETER:
    case ERROR_FILE_INVALID:
      return kInvalid;
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_DISK_FULL:
      return kNoSpace;
    case ERROR_INVALID_FUNCTION:
    case ERROR_NOT_SUPPORTED:
    case ERROR_CALL_NOT_IMPLEMENTED:
      return kNotSupported;
    case ERROR_NOACCESS:
      return kFault;
    case ERROR_CRC:
    case ERROR_SECTOR_NOT_FOUND:
    case ERROR_WRITE_FAULT:
    case ERROR_READ_FAULT:
    case ERROR_GEN_FAILURE:
    case ERROR_UNEXP_NET_ERR:
    case ERROR_NETNAME_DELETED:
    case ERROR_SEM_TIMEOUT:
    case ERROR_IO_DEVICE:
    case ERROR_DEVICE_NOT_CONNECTED:
      return kInputOutput;
    default:
      return kUnknown;
  }
}

}  // namespace

void throwLastError(const char* syscall) {
  const DWORD code = ::GetLastError();
  throw SystemError(syscall, uvError(code), static_cast<int>(code));
}

void throwOutOfMemory(const char* syscall) { throw SystemError(syscall, kNoMemory); }

void throwNotSupported(const char* syscall) { throw SystemError(syscall, kNotSupported); }

void throwUnreadable(const char* syscall) { throw SystemError(syscall, kInputOutput); }

}  // namespace mmapdir
