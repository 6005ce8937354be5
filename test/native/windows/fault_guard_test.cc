// Pages that cannot be read, without a device that fails: the exception is raised by hand, as Windows
// raises it, for a page that can be. Exits with 0, or says what is not so.

#include "core/fault_guard.h"

#include <cstdlib>
#include <fcntl.h>
#include <io.h>
#include <thread>
#include <vector>
#include <windows.h>

#include "core/mapping.h"
#include "expect.h"

using namespace mmapdir;

namespace {

constexpr std::uint64_t kLength = 40'000'000;

/// A mapped file of sevens that goes with its last handle.
std::shared_ptr<Mapping> mapped() {
  wchar_t folder[MAX_PATH];
  wchar_t name[MAX_PATH];
  CHECK(::GetTempPathW(MAX_PATH, folder) != 0 && ::GetTempFileNameW(folder, L"mdt", 0, name) != 0);
  const int fd = ::_wopen(name, _O_RDWR | _O_CREAT | _O_BINARY | _O_TEMPORARY, 0666);
  CHECK(fd >= 0);
  const std::vector<char> bytes(kLength, 7);
  CHECK(::_write(fd, bytes.data(), static_cast<unsigned>(kLength)) == static_cast<int>(kLength));
  auto mapping = Mapping::open(Descriptor::duplicate(fd), kLength, {});
  ::_close(fd);
  return mapping;
}

/// What the system does when a page cannot be brought in for a read or a write of it.
void fail(const volatile std::byte* address, bool write) {
  const ULONG_PTR words[] = {write ? 1u : 0u, reinterpret_cast<ULONG_PTR>(address), 0xc000000eu};
  ::RaiseException(static_cast<DWORD>(EXCEPTION_IN_PAGE_ERROR), 0, 3, words);
}

int sevens(const std::byte* from, std::size_t length) {
  int count = 0;
  for (std::size_t at = 0; at < length; at++) count += from[at] == std::byte{7};
  return count;
}

void losesTheViewAndNoOther() {
  const auto lost = mapped();
  const auto other = mapped();
  const std::byte* const bytes = lost->at(0, kLength);
  CHECK(sevens(bytes, 1000) == 1000 && !lost->faultCell().faulted());
  fail(bytes + 20'000'000, false);
  CHECK(lost->faultCell().faulted() && !other->faultCell().faulted());
  CHECK(sevens(bytes, kLength) == 0);
  CHECK(sevens(other->at(0, kLength), kLength) == static_cast<int>(kLength));
}

void givesPrivatePagesZerosThatCanBeWrittenTo() {
  const auto mapping = mapped();
  const PrivatePages view = mapping->privatePages(0, kLength);
  std::byte* const bytes = view.pages.address();
  bytes[5'000'000] = std::byte{9};
  fail(bytes + 6'000'000, true);
  for (const std::size_t at : {std::size_t{0}, std::size_t{6'000'000}, std::size_t{kLength - 1}}) {
    CHECK(bytes[at] == std::byte{0});
    bytes[at] = std::byte{8};
    CHECK(bytes[at] == std::byte{8});
  }
  CHECK(mapping->faultCell().faulted());
  CHECK(sevens(mapping->at(0, kLength), 1000) == 1000);  // another view of the file
}

/// Others read meanwhile, and find sevens or zeros, never nothing.
void keepsManyReadersAlive() {
  for (int turn = 0; turn < 20; turn++) {
    const auto mapping = mapped();
    const std::byte* const bytes = mapping->at(0, kLength);
    std::vector<std::thread> readers;
    for (int number = 0; number < 4; number++) {
      readers.emplace_back([bytes, number] {
        for (std::uint64_t at = static_cast<std::uint64_t>(number) * 4096; at < kLength; at += 4096) {
          const auto byte = const_cast<const volatile std::byte*>(bytes)[at];
          CHECK(byte == std::byte{7} || byte == std::byte{0});
        }
      });
    }
    fail(bytes + 1'000'000, false);
    for (auto& reader : readers) reader.join();
    CHECK(sevens(bytes, kLength) == 0);
  }
}

LONG CALLBACK exitWith7(EXCEPTION_POINTERS*) { std::_Exit(7); }

/// A page of nobody's, and a write into a mapping that is for reading, are not for this guard: the
/// process ends by whoever handles exceptions then, with 7.
int leavesOthersAlone(bool write) {
  const auto mapping = mapped();
  ::SetUnhandledExceptionFilter(exitWith7);
  ::AddVectoredExceptionHandler(0, exitWith7);
  if (write) {
    *const_cast<volatile std::byte*>(mapping->at(0, 1)) = std::byte{1};
  } else {
    static std::byte nobodys[4096];
    fail(nobodys, false);
  }
  return 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2) return leavesOthersAlone(arguments[1][0] == 'w');
  losesTheViewAndNoOther();
  givesPrivatePagesZerosThatCanBeWrittenTo();
  keepsManyReadersAlive();
  std::puts("ok");
  return 0;
}
