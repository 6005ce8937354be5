#include "check.h"

#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include "core/mapping.h"
#include "core/prefetch.h"
#include "core/system_error.h"

using namespace mmapdir;

namespace {

const std::uint64_t kPage = pageSize();
constexpr std::uint64_t kChunk = 65536;
constexpr PrefetchLimits kNoLimits{~std::uint64_t{0}, ~std::uint64_t{0}};

std::shared_ptr<Mapping> mapped(const TestFile& file, std::uint64_t length, bool sideBySide) {
  return Mapping::open(file.descriptor(), length, {16, sideBySide});
}

/// A mapping of which nothing is in memory, where the file system allows that.
std::shared_ptr<Mapping> cold(const TestFile& file, std::uint64_t length, bool sideBySide) {
  CHECK(::fsync(file.fd()) == 0);  // what is not on the disk yet stays
  auto mapping = mapped(file, length, sideBySide);
  mapping->release(Release::kDrop);
  return mapping;
}

void settle(const Mapping& mapping, std::uint64_t offset, std::uint64_t length) {
  for (int turn = 0; turn < 10000 && mapping.residentBytes(offset, length) != length; turn++) ::usleep(100);
}

}  // namespace

TEST("prefetching goes as far as its limits, in order, and says what was missing") {
  const std::uint64_t length = 8 * kChunk;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    const auto mapping = cold(file, length, sideBySide);
    const bool droppable = mapping->residentBytes(0, length) == 0;
    const std::vector<FileRange> ranges = {
        {5, 10}, {kChunk - kPage, 2 * kPage}, {100, 0}, {4 * kChunk, kPage}};
    PrefetchOutcome outcome = prefetchSome(*mapping, ranges, true, {0, 0});
    CHECK(outcome.reached == 0 && outcome.missing == 0);
    if (droppable) {
      outcome = prefetchSome(*mapping, ranges, true, {kChunk, 20});
      CHECK(outcome.reached == 1 && outcome.missing == 2);
    }
    outcome = prefetchSome(*mapping, ranges, false, kNoLimits);
    CHECK(outcome.reached == 4 && outcome.missing == 3);
    settle(*mapping, kChunk - kPage, 2 * kPage);
    settle(*mapping, 4 * kChunk, kPage);
    settle(*mapping, 5, 10);
    outcome = prefetchSome(*mapping, ranges, true, {kChunk, 0});
    CHECK(outcome.reached == 4 && outcome.missing == 0);
  }
}

TEST("prefetching all of a file covers all of its chunks") {
  const std::uint64_t length = 40 * kChunk + 77;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    const auto mapping = cold(file, length, sideBySide);
    const FileRange whole{0, length};
    prefetchAll(*mapping, {&whole, 1});
    settle(*mapping, 0, length);
    CHECK(mapping->residentBytes(0, length) == length);
  }
}

TEST("giving pages back loses nothing of the file, nor of what was written into private pages") {
  const std::uint64_t length = 5 * kChunk + 77;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    for (const Release how : {Release::kCold, Release::kDrop}) {
      const auto mapping = mapped(file, length, sideBySide);
      const PrivatePages view = mapping->privatePages(kPage, 3 * kPage);
      view.pages.address()[7] = std::byte{0xee};
      for (std::uint64_t offset = 0; offset < length; offset += 1000) {
        CHECK(holdsPattern(mapping->at(offset, 1), offset));
      }
      mapping->release(how);
      for (std::uint64_t offset = 0; offset < length; offset++) {
        CHECK(holdsPattern(mapping->at(offset, 1), offset));
      }
      CHECK(view.pages.address()[7] == std::byte{0xee});
      CHECK(holdsPattern(view.pages.address() + 8, kPage + 8));
    }
  }
}

TEST("a mapping is found by its number as long as it lives") {
  const TestFile file(100);
  auto mapping = mapped(file, 100, true);
  const std::uint64_t id = mapping->id();
  CHECK(MappingRegistry::instance().find(id) == mapping);
  mapping.reset();
  CHECK(MappingRegistry::instance().find(id) == nullptr);
  CHECK(MappingRegistry::instance().find(0) == nullptr);
}

TEST("huge pages are wished for and made, or refused with an error; reads see the same") {
  const std::uint64_t length = 80 * kChunk + 77;
  const TestFile file(length);
  for (const bool sideBySide : {true, false}) {
    const auto mapping = mapped(file, length, sideBySide);
    try {
      mapping->useHugePages();
      mapping->preload(0, length);
      mapping->collapsePages(0, length);
    } catch (const SystemError& error) {
      CHECK(error.code() != 0);
    }
    mapping->collapsePages(100, 200);  // no whole huge page: nothing to do
    for (std::uint64_t offset = 0; offset < length; offset += 97) {
      CHECK(holdsPattern(mapping->at(offset, 1), offset));
    }
  }
}

int main() { return runTests(); }
