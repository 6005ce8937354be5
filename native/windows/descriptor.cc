#include "core/descriptor.h"

#include <algorithm>
#include <io.h>
#include <windows.h>

#include "core/system_error.h"

namespace mmapdir {

namespace {

HANDLE handleOf(std::intptr_t handle) { return reinterpret_cast<HANDLE>(handle); }

/// Node's descriptors are numbers of its own C library, which it exports a function for. Who calls
/// without Node (the native tests) has the descriptors of this one.
HANDLE fileOf(int fd) {
  using GetHandle = void* (*)(int);
  static const auto ofNode = reinterpret_cast<GetHandle>(
      reinterpret_cast<void*>(::GetProcAddress(::GetModuleHandleW(nullptr), "uv_get_osfhandle")));
  return ofNode != nullptr ? ofNode(fd) : handleOf(::_get_osfhandle(fd));
}

}  // namespace

Descriptor Descriptor::duplicate(int fd) {
  HANDLE copy = nullptr;
  const HANDLE self = ::GetCurrentProcess();
  const HANDLE file = fileOf(fd);
  // What stands for no file stands for this process, too.
  if (file == INVALID_HANDLE_VALUE) ::SetLastError(ERROR_INVALID_HANDLE);
  if (file == INVALID_HANDLE_VALUE ||
      !::DuplicateHandle(self, file, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
    throwLastError("DuplicateHandle");
  }
  return Descriptor(reinterpret_cast<std::intptr_t>(copy));
}

Descriptor::~Descriptor() {
  if (handle_ != kNone) ::CloseHandle(handleOf(handle_));
}

std::uint64_t Descriptor::fileLength() const {
  LARGE_INTEGER length;
  if (!::GetFileSizeEx(handleOf(handle_), &length)) throwLastError("GetFileSizeEx");
  return static_cast<std::uint64_t>(length.QuadPart);
}

std::size_t Descriptor::readAt(std::byte* target, std::size_t length, std::uint64_t offset) const {
  OVERLAPPED place = {};
  place.Offset = static_cast<DWORD>(offset);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32);
  const auto wanted = static_cast<DWORD>(std::min<std::size_t>(length, std::size_t{1} << 30));
  DWORD count = 0;
  if (::ReadFile(handleOf(handle_), target, wanted, &count, &place)) return count;
  if (::GetLastError() != ERROR_HANDLE_EOF) throwLastError("ReadFile");
  return 0;
}

}  // namespace mmapdir
