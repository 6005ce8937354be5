#include "metal/buffer_plan.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace mmapdir {

namespace {

std::string hexadecimal(std::uint64_t address) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(address));
  return text;
}

std::string obstacleOf(std::uint64_t begin, std::uint64_t end, std::uint64_t mappedBegin, std::uint64_t mappedEnd,
                       std::uint64_t page) {
  const std::string pages = "pages of " + std::to_string(page) + " bytes";
  if (begin < mappedBegin) {
    return "the mapping begins at " + hexadecimal(mappedBegin) + ", " + std::to_string(mappedBegin - begin) +
           " bytes behind the border of " + pages;
  }
  if (end > mappedEnd) {
    return "the mapping ends at " + hexadecimal(mappedEnd) + ", " + std::to_string(end - mappedEnd) +
           " bytes before the border of " + pages;
  }
  return {};
}

}  // namespace

std::vector<PlannedBuffer> planBuffers(std::uint64_t address, std::uint64_t length, std::uint64_t mappedAddress,
                                       std::uint64_t mappedLength, std::uint64_t page, std::uint64_t longest) {
  longest -= longest % page;
  if (longest == 0) throw std::length_error("no page fits into a buffer");
  std::vector<PlannedBuffer> planned;
  for (const std::uint64_t end = address + length; address < end;) {
    const std::uint64_t pages = address - address % page;
    const std::uint64_t dataEnd = end - pages > longest ? pages + longest : end;
    const std::uint64_t alignedLength = (dataEnd - pages + page - 1) / page * page;
    planned.push_back({address, dataEnd - address, pages, alignedLength,
                       obstacleOf(pages, pages + alignedLength, mappedAddress, mappedAddress + mappedLength, page)});
    address = dataEnd;
  }
  return planned;
}

}  // namespace mmapdir
