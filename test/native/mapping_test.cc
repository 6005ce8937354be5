#include "core/mapping.h"

#include <cerrno>
#include <cstring>

#include "check.h"
#include "core/system_error.h"

using namespace mmapdir;

namespace {

const std::uint64_t kPage = pageSize();

std::shared_ptr<Mapping> mapped(const TestFile& file, std::uint64_t length, unsigned chunkPower,
                                bool sideBySide) {
  return Mapping::open(file.descriptor(), length, {chunkPower, sideBySide});
}

std::uint64_t mappings() { return MappingRegistry::instance().totals().mappings; }

}  // namespace

TEST("a mapping has every byte at its place, its chunks side by side or apart") {
  const std::uint64_t length = 5 * 65536 + 77;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    const auto mapping = mapped(file, length, 16, sideBySide);
    CHECK(mapping->length() == length);
    CHECK(mapping->chunkPower() == 16);
    CHECK(mapping->sideBySide() == sideBySide);
    for (std::uint64_t offset = 0; offset < length; offset++) {
      CHECK(holdsPattern(mapping->at(offset, 1), offset));
    }
    CHECK(mapping->fileLengthNow() == length);
    CHECK(!mapping->faultCell().faulted());
  }
}

TEST("a file of exactly some chunks has no chunk after them") {
  for (const std::uint64_t length : {std::uint64_t{65536}, std::uint64_t{3 * 65536}}) {
    const TestFile file(length);
    for (const bool sideBySide : {true, false}) {
      const std::uint64_t before = mappings();
      const auto mapping = mapped(file, length, 16, sideBySide);
      CHECK(holdsPattern(mapping->at(length - 1, 1), length - 1));
      CHECK(mapping->at(length, 1) == nullptr);
      CHECK(mappings() - before == (sideBySide ? 1 : length / 65536));
    }
  }
}

TEST("an empty file takes no mapping and has no byte") {
  const TestFile file(0);
  for (const bool sideBySide : {true, false}) {
    const std::uint64_t before = mappings();
    const auto mapping = mapped(file, 0, 16, sideBySide);
    CHECK(mappings() == before);
    CHECK(mapping->at(0, 0) == nullptr);
    CHECK(mapping->at(0, 1) == nullptr);
    CHECK(mapping->residentBytes(0, 0) == 0);
    mapping->advise(0, 0, Advice::kRandom);
    mapping->preload(0, 0);
  }
}

TEST("at() gives ranges in the file, across chunks only where they lie side by side") {
  const std::uint64_t length = 2 * 65536 + 10;
  const TestFile file(length);
  const std::uint64_t all = ~std::uint64_t{0};
  for (const bool sideBySide : {true, false}) {
    const auto mapping = mapped(file, length, 16, sideBySide);
    CHECK(mapping->at(0, 65536) != nullptr);
    CHECK((mapping->at(0, 65537) != nullptr) == sideBySide);
    CHECK((mapping->at(65535, 2) != nullptr) == sideBySide);
    CHECK((mapping->at(0, length) != nullptr) == sideBySide);
    CHECK(mapping->at(65536, 65536) != nullptr);
    CHECK(mapping->at(2 * 65536, 10) != nullptr);
    CHECK(mapping->at(2 * 65536, 11) == nullptr);
    CHECK(mapping->at(length - 1, 1) != nullptr);
    CHECK(mapping->at(length - 1, 2) == nullptr);
    CHECK(mapping->at(length, 0) == nullptr);
    CHECK(mapping->at(all, 1) == nullptr);
    CHECK(mapping->at(1, all) == nullptr);
    CHECK(mapping->at(all, all) == nullptr);
  }
}

TEST("advice that slows down others is kept to whole pages, which may be none") {
  const std::uint64_t length = 65536 + 3 * kPage + 10;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    const auto mapping = mapped(file, length, 16, sideBySide);
    for (const Advice advice : {Advice::kNormal, Advice::kRandom, Advice::kSequential, Advice::kWillNeed}) {
      for (const std::uint64_t begin : {std::uint64_t{0}, std::uint64_t{1}, kPage - 1, kPage, std::uint64_t{65535}}) {
        for (const std::uint64_t count : {std::uint64_t{0}, std::uint64_t{1}, kPage, length - begin}) {
          mapping->advise(begin, count, advice);  // the system would refuse half a page
        }
      }
    }
  }
}

TEST("residency counts bytes of the range, not of the pages around it") {
  const std::uint64_t length = 65536 + kPage + 100;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    const auto mapping = mapped(file, length, 16, sideBySide);
    mapping->preload(0, length);
    CHECK(mapping->residentBytes(0, length) == length);
    CHECK(mapping->residentBytes(1, 1) == 1);
    CHECK(mapping->residentBytes(kPage - 1, 2) == 2);
    CHECK(mapping->residentBytes(65536 - 3, 6) == 6);
    CHECK(mapping->residentBytes(length - 1, 1) == 1);
    CHECK(mapping->residentBytes(5, 0) == 0);
  }
}

TEST("to preload what was cut off is an error, not a signal") {
  const std::uint64_t length = 65536 + 4 * kPage;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    const TestFile cut(length);
    const auto mapping = mapped(cut, length, 16, sideBySide);
    cut.truncate(kPage);
    mapping->preload(0, kPage);
    CHECK_THROWS(SystemError, mapping->preload(0, length));
    CHECK_THROWS(SystemError, mapping->preload(65536 + kPage, 1));
    CHECK(!mapping->faultCell().faulted());
    CHECK(mapping->fileLengthNow() == kPage);
  }
}

TEST("private pages take writes that nobody else sees") {
  const std::uint64_t length = 2 * 65536;
  const TestFile file(length);
  const auto mapping = mapped(file, length, 16, false);
  const std::uint64_t from = 65536 - 10;
  const std::uint64_t lead = from % kPage;
  PrivatePages first = mapping->privatePages(from, 20);
  PrivatePages second = mapping->privatePages(from, 20);
  CHECK(first.pages.length() == lead + 20);
  for (std::uint64_t i = 0; i < 20; i++) CHECK(holdsPattern(first.pages.address() + lead + i, from + i));
  std::memset(first.pages.address(), 0, first.pages.length());
  CHECK(load(first.pages.address() + lead) == 0);
  for (std::uint64_t i = 0; i < 20; i++) {
    CHECK(holdsPattern(second.pages.address() + lead + i, from + i));
    CHECK(holdsPattern(mapping->at(from + i, 1), from + i));
  }
  unsigned char byte = 0;
  CHECK(::pread(file.fd(), &byte, 1, static_cast<off_t>(from)) == 1 && byte == patternAt(from));
}

TEST("private pages outlive their mapping, and count until they go") {
  const TestFile file(3 * kPage);
  const std::uint64_t before = mappings();
  {
    auto mapping = mapped(file, 3 * kPage, 16, true);
    const PrivatePages pages = mapping->privatePages(kPage, kPage);
    CHECK(mappings() == before + 2);
    mapping.reset();
    CHECK(mappings() == before + 1);
    CHECK(holdsPattern(pages.pages.address(), kPage));
  }
  CHECK(mappings() == before);
}

TEST("a mapping that the system refuses leaves nothing behind") {
  const TestFile file(kPage);
  const auto before = MappingRegistry::instance().totals();
  CHECK_THROWS(SystemError, mapped(file, std::uint64_t{1} << 62, 40, true));
  CHECK_THROWS(SystemError, mapped(file, std::uint64_t{1} << 52, 50, false));
  CHECK_THROWS(SystemError, Descriptor::duplicate(-1));
  int ends[2];
  CHECK(::pipe(ends) == 0);
  CHECK_THROWS(SystemError, Mapping::open(Descriptor::duplicate(ends[0]), kPage, {}));
  ::close(ends[0]);
  ::close(ends[1]);
  const auto after = MappingRegistry::instance().totals();
  CHECK(after.mappings == before.mappings && after.bytes == before.bytes);
}

int main() { return runTests(); }
