#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <random>
#include <stdexcept>
#include <thread>

#include "check.h"
#include "core/pin.h"
#include "metal/buffer_plan.h"
#include "metal/export_buffers.h"
#include "metal/objc_device.h"

using namespace mmapdir;

// Against test/metal/fake_metal.c, which ends the process where Metal would not do, or where a buffer
// outlives its pages.

namespace {

constexpr std::uint64_t kPage = 16384;

const char* fakeLibrary() {
  const char* const path = std::getenv("FAKE_METAL_LIBRARY");
  CHECK(path != nullptr);
  return path;
}

/// The device behaves so for as long as this lives.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Setting() { ::unsetenv(name_); }

 private:
  const char* const name_;
};

MetalSystem opened(std::uint64_t page = kPage) {
  return openMetal({fakeLibrary(), fakeLibrary(), fakeLibrary()}, page);
}

long countOf(const char* function) {
  void* const library = ::dlopen(fakeLibrary(), RTLD_NOW);
  return reinterpret_cast<long (*)()>(::dlsym(library, function))();
}

/// As the fake has its buffers.
struct FakeBuffer {
  std::uint64_t kind;
  const std::byte* contents;
  std::uint64_t length;
  std::uint64_t copied;
};

const FakeBuffer& fakeOf(const ExportedBuffer& exported) {
  return *static_cast<const FakeBuffer*>(exported.buffer->handle());
}

/// A mapping of a file of the pattern that begins on a multiple of the page, or not.
std::shared_ptr<Mapping> mappedAt(const TestFile& file, std::uint64_t length, bool onPage) {
  // The system chooses the address. What does not fit is kept, so that it is not chosen again.
  std::vector<std::shared_ptr<Mapping>> others;
  for (int i = 0; i < 1000; i++) {
    auto mapping = Mapping::open(file.descriptor(), length, {});
    const bool aligned = reinterpret_cast<std::uintptr_t>(mapping->at(0, 1)) % kPage == 0;
    if (aligned == onPage) return mapping;
    others.push_back(std::move(mapping));
    others.push_back(Mapping::open(file.descriptor(), 4096, {}));
  }
  CHECK(!"the system gives no such address");
  return nullptr;
}

void checkBuffers(const std::vector<ExportedBuffer>& buffers, std::uint64_t offset, std::uint64_t length) {
  std::uint64_t next = offset;
  for (const ExportedBuffer& buffer : buffers) {
    const FakeBuffer& fake = fakeOf(buffer);
    CHECK(buffer.fileOffset == next);
    CHECK(fake.length == buffer.alignedLength);
    CHECK((fake.copied == 0) == buffer.zeroCopy());
    CHECK(buffer.offset + buffer.length <= buffer.alignedLength);
    if (buffer.zeroCopy()) {
      CHECK(buffer.alignedLength % kPage == 0 && buffer.offset < kPage);
      CHECK(buffer.alignedLength - buffer.offset - buffer.length < kPage);
    } else {
      CHECK(buffer.offset == 0 && buffer.alignedLength == buffer.length);
    }
    for (std::uint64_t i = 0; i < buffer.length; i++) {
      CHECK(holdsPattern(fake.contents + buffer.offset + i, next + i));
    }
    next += buffer.length;
  }
  CHECK(next == offset + length);
}

}  // namespace

TEST("a plan covers the data once, in whole pages, none longer than a buffer may be") {
  std::mt19937_64 random(7);
  const auto below = [&](std::uint64_t limit) { return random() % limit; };
  for (int i = 0; i < 20000; i++) {
    const std::uint64_t page = std::uint64_t{4096} << below(3);
    const std::uint64_t mapped = (below(1 << 20) + 1) * 4096;
    const std::uint64_t mappedLength = (below(500) + 1) * 4096;
    const std::uint64_t offset = below(mappedLength);
    const std::uint64_t length = below(mappedLength - offset) + 1;
    const std::uint64_t longest = page + below(40 * page);
    std::uint64_t next = mapped + offset;
    for (const PlannedBuffer& one : planBuffers(next, length, mapped, mappedLength, page, longest)) {
      CHECK(one.address == next && one.length > 0);
      CHECK(one.pages % page == 0 && one.alignedLength % page == 0 && one.alignedLength <= longest);
      CHECK(one.pages <= one.address && one.address - one.pages < page);
      CHECK(one.address + one.length <= one.pages + one.alignedLength);
      CHECK(one.pages + one.alignedLength - one.address - one.length < page);
      const bool within = one.pages >= mapped && one.pages + one.alignedLength <= mapped + mappedLength;
      CHECK(one.obstacle.empty() == within);
      next = one.address + one.length;
    }
    CHECK(next == mapped + offset + length);
  }
}

TEST("a plan that leaves the mapping names the numbers") {
  const auto early = planBuffers(0x5000, 100, 0x5000, 0x8000, kPage, 1 << 30);
  CHECK(early.front().obstacle == "the mapping begins at 0x5000, 4096 bytes behind the border of pages of 16384 bytes");
  const auto late = planBuffers(0x8000, 0x5000, 0x4000, 0x9000, kPage, 1 << 30);
  CHECK(late.front().obstacle == "the mapping ends at 0xd000, 12288 bytes before the border of pages of 16384 bytes");
  CHECK_THROWS(std::length_error, planBuffers(0x4000, 1, 0x4000, 0x4000, kPage, kPage - 1));
}

TEST("libraries that are not there are a reason, not a failure") {
  const char* const none = "/nonexistent/libobjc.dylib";
  const std::string missing = openMetal({none, none, none}, kPage).reason;
  CHECK(missing.starts_with("Metal could not be loaded: ") && missing.find(none) != std::string::npos);
  CHECK(openMetal({fakeLibrary(), none, fakeLibrary()}, kPage).device == nullptr);
  const std::string other = openMetal({"libm.so.6", "libm.so.6", "libm.so.6"}, kPage).reason;
  CHECK(other.find("objc_msgSend") != std::string::npos);
  const Setting refuse("FAKE_METAL_REFUSE", "device");
  CHECK(opened().reason == "Metal has no device here");
}

TEST("the device says what it is") {
  const Setting longest("FAKE_METAL_MAX_BUFFER", "5000000000");
  const MetalSystem system = opened();
  CHECK(system.reason.empty());
  CHECK(system.device->name() == "Fake GPU");
  CHECK(system.device->maxBufferLength() == 5000000000);
  CHECK(system.device->hasUnifiedMemory());
  CHECK(system.device->pageSize() == kPage);
}

TEST("pages that begin where the device wants them are a buffer without a copy") {
  const std::uint64_t length = 20 * kPage;
  const TestFile file(length);
  const auto mapping = mappedAt(file, length, true);
  const MetalSystem system = opened();
  for (const auto& [offset, count] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
           {0, length}, {0, 1}, {1, 1}, {kPage, kPage}, {kPage - 1, 2}, {5000, length - 5000}, {length - 1, 1}}) {
    const auto buffers = exportBuffers(*system.device, *mapping, offset, count, CopyPolicy::kNever);
    CHECK(buffers.size() == 1 && buffers.front().zeroCopy());
    CHECK(fakeOf(buffers.front()).contents == mapping->at(offset - offset % kPage, 1));
    CHECK(buffers.front().offset == offset % kPage);
    checkBuffers(buffers, offset, count);
  }
  CHECK(countOf("fake_metal_buffers") == 0);
}

TEST("a slice of a mapping that begins elsewhere begins on the page below, within the mapping, or is a copy") {
  const std::uint64_t length = 20 * kPage + 100;
  const TestFile file(length);
  const auto mapping = mappedAt(file, length, false);
  const MetalSystem system = opened();
  const auto address = reinterpret_cast<std::uintptr_t>(mapping->at(0, 1));
  const std::uint64_t first = kPage - address % kPage;  // the first border of a page
  auto inside = exportBuffers(*system.device, *mapping, first + 10, 5 * kPage, CopyPolicy::kNever);
  CHECK(inside.front().offset == 10 && inside.front().zeroCopy());
  checkBuffers(inside, first + 10, 5 * kPage);
  const auto before = exportBuffers(*system.device, *mapping, 0, 3 * kPage, CopyPolicy::kAllow);
  CHECK(before.front().reason.find("the mapping begins at") == 0);
  checkBuffers(before, 0, 3 * kPage);
  try {
    exportBuffers(*system.device, *mapping, 0, 1, CopyPolicy::kNever);
    CHECK(!"it was exported");
  } catch (const ExportError& error) {
    CHECK(std::strstr(error.what(), "behind the border of pages of 16384 bytes") != nullptr);
  }
}

TEST("what is longer than a buffer is split between pages") {
  const std::uint64_t length = 20 * kPage;
  const TestFile file(length);
  const auto mapping = mappedAt(file, length, true);
  const Setting longest("FAKE_METAL_MAX_BUFFER", std::to_string(3 * kPage + 5));
  const MetalSystem system = opened();
  for (const CopyPolicy policy : {CopyPolicy::kAllow, CopyPolicy::kNever, CopyPolicy::kAlways}) {
    const auto buffers = exportBuffers(*system.device, *mapping, 100, length - 100, policy);
    CHECK(buffers.size() == 7);
    for (std::size_t i = 1; i < buffers.size(); i++) CHECK(buffers[i].offset == 0 && buffers[i].fileOffset % kPage == 0);
    checkBuffers(buffers, 100, length - 100);
  }
  const Setting tiny("FAKE_METAL_MAX_BUFFER", "16383");
  const MetalSystem small = opened();
  CHECK_THROWS(ExportError, exportBuffers(*small.device, *mapping, 0, 1, CopyPolicy::kAllow));
}

TEST("a device that refuses pages gets a copy, where that may be, and one that refuses both nothing") {
  const std::uint64_t length = 5 * kPage;
  const TestFile file(length);
  const auto mapping = mappedAt(file, length, true);
  const MetalSystem system = opened();
  {
    const auto buffers = exportBuffers(*system.device, *mapping, 3, length - 3, CopyPolicy::kAlways);
    CHECK(buffers.front().reason == "a copy was asked for");
    checkBuffers(buffers, 3, length - 3);
  }
  const Setting refuse("FAKE_METAL_REFUSE", "no-copy");
  const auto buffers = exportBuffers(*system.device, *mapping, 0, length, CopyPolicy::kAllow);
  CHECK(buffers.front().reason == "the device refused pages of 81920 bytes");
  checkBuffers(buffers, 0, length);
  CHECK_THROWS(ExportError, exportBuffers(*system.device, *mapping, 0, length, CopyPolicy::kNever));
  const Setting both("FAKE_METAL_REFUSE", "no-copy copy");
  CHECK_THROWS(ExportError, exportBuffers(*system.device, *mapping, 0, length, CopyPolicy::kAllow));
  CHECK(countOf("fake_metal_buffers") == 1);
}

TEST("nothing is left of buffers when a later one is refused") {
  const std::uint64_t length = 20 * kPage;
  const TestFile file(length);
  const auto mapping = mappedAt(file, length, false);  // the first piece is a copy, which is refused
  const Setting longest("FAKE_METAL_MAX_BUFFER", std::to_string(4 * kPage));
  const Setting refuse("FAKE_METAL_REFUSE", "copy");
  const MetalSystem system = opened();
  const auto address = reinterpret_cast<std::uintptr_t>(mapping->at(0, 1));
  const std::uint64_t first = kPage - address % kPage;
  // The mapping ends before the border of its last page: that piece has to be copied.
  CHECK_THROWS(ExportError, exportBuffers(*system.device, *mapping, first, length - first, CopyPolicy::kAllow));
  CHECK(countOf("fake_metal_buffers") == 0);
}

TEST("a pin ends the buffer before the pages") {
  const std::uint64_t length = 5 * kPage;
  const TestFile file(length);
  const std::uint64_t before = MappingRegistry::instance().totals().mappings;
  const MetalSystem system = opened();
  {
    auto mapping = mappedAt(file, length, true);
    auto buffers = exportBuffers(*system.device, *mapping, 0, length, CopyPolicy::kNever);
    auto pin = std::make_unique<Pin>(mapping, 0, length, buffers.front().buffer);
    buffers.clear();
    mapping.reset();
    CHECK(MappingRegistry::instance().totals().pins == 1);
    CHECK(countOf("fake_metal_buffers") == 1);
  }  // the fake looks whether its pages are still there
  CHECK(countOf("fake_metal_buffers") == 0);
  CHECK(MappingRegistry::instance().totals().pins == 0);
  CHECK(MappingRegistry::instance().totals().mappings == before);
}

TEST("ten threads export the same mapping and their own at once") {
  const std::uint64_t length = 6 * kPage;
  const TestFile file(length);
  const auto shared = mappedAt(file, length, true);
  const MetalSystem system = opened();
  std::vector<std::thread> threads;
  for (int number = 0; number < 10; number++) {
    threads.emplace_back([&, number] {
      std::vector<std::unique_ptr<Pin>> pins;
      for (int i = 0; i < 50; i++) {
        auto mapping = i % 2 == 0 ? shared : Mapping::open(file.descriptor(), length, {});
        const auto policy = i % 5 == number % 5 ? CopyPolicy::kAlways : CopyPolicy::kAllow;
        const auto buffers = exportBuffers(*system.device, *mapping, i, length - i, policy);
        checkBuffers(buffers, i, length - i);
        for (const ExportedBuffer& buffer : buffers) {
          pins.push_back(std::make_unique<Pin>(mapping, buffer.fileOffset, buffer.length, buffer.buffer));
        }
        if (i % 7 == 0) pins.clear();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(countOf("fake_metal_buffers") == 0);
  CHECK(countOf("fake_metal_pools") == 0);
  CHECK(MappingRegistry::instance().totals().pins == 0);
}

int main() { return runTests(); }
