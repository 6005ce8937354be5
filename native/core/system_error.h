#pragma once

#include <exception>

namespace mmapdir {

/// A system call failed. `code` is the number by which Node's errors know it, but for the sign: errno
/// on POSIX, libuv's on Windows, where `systemCode` is what GetLastError() said.
class SystemError : public std::exception {
 public:
  SystemError(const char* syscall, int code, int systemCode = 0) noexcept
      : syscall_(syscall), code_(code), systemCode_(systemCode) {}

  const char* what() const noexcept override { return syscall_; }
  const char* syscall() const noexcept { return syscall_; }
  int code() const noexcept { return code_; }

  /// 0 where it is the same as code(), or there is none.
  int systemCode() const noexcept { return systemCode_; }

 private:
  const char* syscall_;  // a string literal
  int code_;
  int systemCode_;
};

/// Throws the calling thread's last error. The one place that reads errno or GetLastError().
[[noreturn]] void throwLastError(const char* syscall);

/// Throws "not enough memory", as the system would have said it.
[[noreturn]] void throwOutOfMemory(const char* syscall);

/// Throws "not supported".
[[noreturn]] void throwNotSupported(const char* syscall);

/// Throws "input/output error".
[[noreturn]] void throwUnreadable(const char* syscall);

}  // namespace mmapdir
