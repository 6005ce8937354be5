// What GetLastError() says, as the errors of all systems. Exits with 0, or says what is not so.

#include "core/system_error.h"

#include <cstring>
#include <initializer_list>
#include <windows.h>

#include "expect.h"

using namespace mmapdir;

namespace {

/// What is thrown has libuv's number for an error (uv/errno.h), and Windows' own beside it.
void isThrownAs(DWORD code, int number) {
  ::SetLastError(code);
  try {
    throwLastError("MapViewOfFile");
  } catch (const SystemError& error) {
    if (error.code() != number) std::fprintf(stderr, "%lu becomes %d\n", code, error.code());
    CHECK(error.code() == number);
    CHECK(error.systemCode() == static_cast<int>(code));
    CHECK(std::strcmp(error.syscall(), "MapViewOfFile") == 0);
    return;
  }
  CHECK(false);
}

}  // namespace

int main() {
  constexpr int kNoMemory = 4057;
  constexpr int kAccess = 4092;
  constexpr int kBusy = 4082;
  constexpr int kInputOutput = 4070;
  for (const DWORD code : {8u, 14u, 1450u, 1453u, 1455u, 1816u}) isThrownAs(code, kNoMemory);
  isThrownAs(ERROR_ACCESS_DENIED, kAccess);
  for (const DWORD code : {32u, 33u, 1224u}) isThrownAs(code, kBusy);
  for (const DWORD code : {23u, 31u, 59u, 64u, 121u, 1117u}) isThrownAs(code, kInputOutput);
  isThrownAs(ERROR_FILE_NOT_FOUND, 4058);
  isThrownAs(ERROR_TOO_MANY_OPEN_FILES, 4066);
  isThrownAs(ERROR_INVALID_HANDLE, 4083);
  isThrownAs(ERROR_FILE_INVALID, 4071);
  isThrownAs(ERROR_DISK_FULL, 4055);
  isThrownAs(ERROR_NOT_SUPPORTED, 4049);
  isThrownAs(ERROR_BAD_LENGTH, 4094);  // UNKNOWN: of no use to a program
  std::puts("ok");
  return 0;
}
