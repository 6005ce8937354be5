#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mmapdir {

/// What is to become one buffer. Addresses are numbers here: nothing is read.
struct PlannedBuffer {
  std::uint64_t address;        // of the first byte of the data
  std::uint64_t length;         // of the data
  std::uint64_t pages;          // the address of the page that holds the first byte
  std::uint64_t alignedLength;  // of the whole pages that hold the data
  std::string obstacle;         // why the pages cannot be used as they are; empty where they can
};

/// Cuts [address, address + length) into buffers of at most `longest` bytes, whole pages included. The
/// pages have to lie within what is mapped: a buffer that begins below a page's border begins there,
/// and its data further on. Throws std::length_error where not even a page fits into a buffer.
std::vector<PlannedBuffer> planBuffers(std::uint64_t address, std::uint64_t length, std::uint64_t mappedAddress,
                                       std::uint64_t mappedLength, std::uint64_t page, std::uint64_t longest);

}  // namespace mmapdir
