#pragma once

#include <exception>

namespace mmapdir {

/// A system call failed. `code` is errno on POSIX and GetLastError() on Windows.
class SystemError : public std::exception {
 public:
  SystemError(const char* syscall, int code) noexcept : syscall_(syscall), code_(code) {}

  const char* what() const noexcept override { return syscall_; }
  const char* syscall() const noexcept { return syscall_; }
  int code() const noexcept { return code_; }

 private:
  const char* syscall_;  // a string literal
  int code_;
};

/// Throws the calling thread's last error. The one place that reads errno or GetLastError().
[[noreturn]] void throwLastError(const char* syscall);

/// Throws "not enough memory", as the system would have said it.
[[noreturn]] void throwOutOfMemory(const char* syscall);

}  // namespace mmapdir
