#include "core/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/system_error.h"

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

namespace mmapdir {

namespace {

std::byte* mapOrThrow(std::size_t length, int protection, int flags, int fd, std::uint64_t offset) {
  void* address = ::mmap(nullptr, length, protection, flags, fd, static_cast<off_t>(offset));
  if (address == MAP_FAILED) throwLastError("mmap");
  return static_cast<std::byte*>(address);
}

}  // namespace

std::size_t pageSize() {
  static const std::size_t size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

std::size_t mappingGranularity() { return pageSize(); }

bool mappingsHoldFiles() { return false; }

Pages Pages::map(const Descriptor& file, std::uint64_t offset, std::size_t length) {
  return Pages(mapOrThrow(length, PROT_READ, MAP_SHARED, static_cast<int>(file.get()), offset), length);
}

Pages Pages::mapPrivate(const Descriptor& file, std::uint64_t offset, std::size_t length) {
  return Pages(mapOrThrow(length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
                          static_cast<int>(file.get()), offset),
               length);
}

Pages::~Pages() {
  if (address_ != nullptr) ::munmap(address_, length_);
}

void Pages::abandon() && noexcept {
  ::mmap(address_, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
         0);
  address_ = nullptr;
}

}  // namespace mmapdir
