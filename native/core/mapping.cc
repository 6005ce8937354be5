#include "core/mapping.h"

#include <algorithm>
#include <limits>

#include "core/checksum.h"
#include "core/huge_pages.h"
#include "core/preload.h"
#include "core/residency.h"
#include "core/system_error.h"

namespace mmapdir {

namespace {

std::size_t chunkCountOf(std::uint64_t length, unsigned chunkPower) {
  const std::uint64_t chunk = std::uint64_t{1} << chunkPower;
  return static_cast<std::size_t>(length / chunk + (length % chunk != 0));
}

std::size_t wholePages(std::uint64_t length) {
  const std::uint64_t page = pageSize();
  return static_cast<std::size_t>((length + page - 1) / page * page);
}

}  // namespace

std::shared_ptr<Mapping> Mapping::open(Descriptor file, std::uint64_t length, Options options) {
  std::shared_ptr<Mapping> mapping(new Mapping(std::move(file), length, options));
  mapping->id_ = MappingRegistry::instance().add(mapping);
  return mapping;
}

Mapping::Held::~Held() {
  MappingRegistry::instance().advised(-advisedRanges.load(std::memory_order_relaxed));
}

Mapping::~Mapping() {
  if (id_ != 0) MappingRegistry::instance().remove(id_);
}

void Mapping::countAdvisedRanges(std::int64_t more) noexcept {
  pages_->advisedRanges.fetch_add(more, std::memory_order_relaxed);
  MappingRegistry::instance().advised(more);
}

Mapping::Mapping(Descriptor file, std::uint64_t length, Options options)
    : file_(std::move(file)),
      length_(length),
      chunkPower_(options.chunkPower),
      pages_(std::make_shared<Held>(MappingRegistry::instance().permit(
          options.sideBySide ? (length == 0 ? 0 : 1) : chunkCountOf(length, options.chunkPower),
          length))) {
  if (length > std::numeric_limits<std::size_t>::max()) throwOutOfMemory("mmap");
  const std::uint64_t longest = options.sideBySide ? length : std::uint64_t{1} << chunkPower_;
  for (std::uint64_t begin = 0; begin < length; begin += longest) {
    pages_->runs.push_back(Pages::map(file_, begin, static_cast<std::size_t>(std::min(length - begin, longest))));
  }
  pages_->watches.reserve(pages_->runs.size());
  for (const Pages& run : pages_->runs) {
    pages_->watches.emplace_back(run.address(), wholePages(run.length()), FaultWatch::Pages::kShared, pages_->faultCell);
  }
  armFaultGuard();
}

std::byte* Mapping::at(std::uint64_t offset, std::size_t length) const noexcept {
  if (length == 0 || offset > length_ || length > length_ - offset) return nullptr;
  if (sideBySide()) return pages_->runs.front().address() + offset;
  const auto index = static_cast<std::size_t>(offset >> chunkPower_);
  if ((offset + length - 1) >> chunkPower_ != index) return nullptr;
  return pages_->runs[index].address() + (offset & ((std::uint64_t{1} << chunkPower_) - 1));
}

Mapping::Run Mapping::runAt(std::uint64_t offset) const noexcept {
  const Pages& run = pages_->runs[sideBySide() ? 0 : static_cast<std::size_t>(offset >> chunkPower_)];
  return {run.address(), wholePages(run.length())};
}

template <typename Visitor>
void Mapping::eachRun(std::uint64_t begin, std::uint64_t end, Visitor&& visit) const {
  while (begin < end) {
    const std::uint64_t chunkEnd = ((begin >> chunkPower_) + 1) << chunkPower_;
    const std::uint64_t runEnd = sideBySide() ? end : std::min(end, chunkEnd);
    const auto size = static_cast<std::size_t>(runEnd - begin);
    visit(at(begin, size), begin, size);
    begin = runEnd;
  }
}

void Mapping::advise(std::uint64_t offset, std::uint64_t length, Advice advice) const {
  const std::uint64_t page = pageSize();
  std::uint64_t begin = offset;
  std::uint64_t end = offset + length;
  if (advice == Advice::kWillNeed) {
    begin -= begin % page;
  } else {
    begin += (page - begin % page) % page;
    // The file's last page belongs to whoever has its last byte.
    if (end != length_) end -= end % page;
  }
  eachRun(begin, end, [advice](std::byte* address, std::uint64_t, std::size_t size) {
    mmapdir::advise(address, size, advice);
  });
}

std::uint32_t Mapping::checksum(std::uint64_t offset, std::uint64_t length,
                                std::uint32_t checksum) const noexcept {
  eachRun(offset, offset + length, [&checksum](const std::byte* address, std::uint64_t, std::size_t size) {
    checksum = mmapdir::checksum(checksum, address, size);
  });
  return checksum;
}

std::uint64_t Mapping::residentBytes(std::uint64_t offset, std::uint64_t length) const {
  std::uint64_t resident = 0;
  const std::uint64_t lead = offset % pageSize();
  eachRun(offset - lead, offset + length, [&](std::byte* address, std::uint64_t begin, std::size_t size) {
    resident += mmapdir::residentBytes(address, size);
    // The bytes before the range on its first page are not asked about.
    if (begin < offset && mmapdir::residentBytes(address, 1) != 0) resident -= lead;
  });
  return resident;
}

bool Mapping::isResident(std::uint64_t offset, std::uint64_t length) const {
  bool all = true;
  eachRun(offset - offset % pageSize(), offset + length,
          [&all](std::byte* address, std::uint64_t, std::size_t size) {
            all = all && mmapdir::residentBytes(address, size) == size;
          });
  return all;
}

void Mapping::preload(std::uint64_t offset, std::uint64_t length) const {
  eachRun(offset - offset % pageSize(), offset + length,
          [this](std::byte* address, std::uint64_t begin, std::size_t size) {
            mmapdir::preload(address, size, file_, begin);
          });
}

void Mapping::useHugePages() const {
  eachRun(0, length_, [](std::byte* address, std::uint64_t, std::size_t size) {
    mmapdir::useHugePages(address, size);
  });
}

void Mapping::collapsePages(std::uint64_t offset, std::uint64_t length) const {
  const std::uint64_t begin = (offset + kHugePage - 1) / kHugePage * kHugePage;
  const std::uint64_t end = (offset + length) / kHugePage * kHugePage;
  eachRun(begin, end, [](std::byte* address, std::uint64_t, std::size_t size) {
    mmapdir::collapsePages(address, size);
  });
}

void Mapping::release(Release how) const {
  eachRun(0, length_, [how](std::byte* address, std::uint64_t, std::size_t size) {
    mmapdir::release(address, size, how);
  });
  // Once all chunks have let go: a large folio of the cache may lie in two of them.
  if (how == Release::kDrop && length_ != 0) dropCached(file_, length_);
}

PrivatePages Mapping::privatePages(std::uint64_t offset, std::uint64_t length) const {
  const std::uint64_t lead = offset % mappingGranularity();
  if (lead + length > std::numeric_limits<std::size_t>::max()) throwOutOfMemory("mmap");
  MappingPermit permit = MappingRegistry::instance().permit(1, lead + length);
  Pages pages = Pages::mapPrivate(file_, offset - lead, static_cast<std::size_t>(lead + length));
  FaultWatch watch(pages.address(), wholePages(pages.length()), FaultWatch::Pages::kPrivate, pages_->faultCell);
  armFaultGuard();
  return {std::move(permit), std::move(pages), std::move(watch)};
}

}  // namespace mmapdir
