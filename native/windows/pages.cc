#include "core/pages.h"

#include <windows.h>

#include "core/system_error.h"

namespace mmapdir {

namespace {

const SYSTEM_INFO& systemInfo() {
  static const SYSTEM_INFO info = [] {
    SYSTEM_INFO asked;
    ::GetSystemInfo(&asked);
    return asked;
  }();
  return info;
}

/// A view keeps its section, which keeps the file: the handle need not.
std::byte* mapOrThrow(const Descriptor& file, std::uint64_t offset, std::size_t length, DWORD access) {
  const HANDLE section = ::CreateFileMappingW(reinterpret_cast<HANDLE>(file.get()), nullptr, PAGE_READONLY,
                                              0, 0, nullptr);
  if (section == nullptr) throwLastError("CreateFileMappingW");
  void* const address = ::MapViewOfFile(section, access, static_cast<DWORD>(offset >> 32),
                                        static_cast<DWORD>(offset), length);
  const DWORD code = ::GetLastError();
  ::CloseHandle(section);
  if (address == nullptr) {
    // "Access denied" to the end of a file that has become shorter.
    if (file.fileLength() < offset + length) throwUnreadable("MapViewOfFile");
    ::SetLastError(code);
    throwLastError("MapViewOfFile");
  }
  return static_cast<std::byte*>(address);
}

}  // namespace

std::size_t pageSize() { return systemInfo().dwPageSize; }

std::size_t mappingGranularity() { return systemInfo().dwAllocationGranularity; }

bool mappingsHoldFiles() { return true; }

Pages Pages::map(const Descriptor& file, std::uint64_t offset, std::size_t length) {
  return Pages(mapOrThrow(file, offset, length, FILE_MAP_READ), length);
}

// The system counts all of it as memory that may be needed, however little is written to.
Pages Pages::mapPrivate(const Descriptor& file, std::uint64_t offset, std::size_t length) {
  return Pages(mapOrThrow(file, offset, length, FILE_MAP_COPY), length);
}

Pages::~Pages() {
  if (address_ == nullptr) return;
  // Zeros that the fault guard has put in the place of the view are memory.
  if (!::UnmapViewOfFile(address_)) ::VirtualFree(address_, 0, MEM_RELEASE);
}

// The view stays: between its end and the beginning of memory in its place, others could take the
// addresses.
void Pages::abandon() && noexcept { address_ = nullptr; }

}  // namespace mmapdir
