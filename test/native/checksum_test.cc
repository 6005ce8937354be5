#include "core/checksum.h"

#include <random>
#include <vector>

#include "check.h"
#include "core/mapping.h"

using namespace mmapdir;

namespace {

/// A bit at a time, as the definition has it.
std::uint32_t bitByBit(std::uint32_t checksum, const std::byte* bytes, std::size_t length) {
  std::uint32_t rest = ~checksum;
  for (std::size_t i = 0; i < length; i++) {
    rest ^= std::to_integer<std::uint32_t>(bytes[i]);
    for (int bit = 0; bit < 8; bit++) rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xEDB88320u : rest >> 1;
  }
  return ~rest;
}

std::vector<std::byte> randomBytes(std::size_t length) {
  std::mt19937 random(7);
  std::vector<std::byte> bytes(length);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

}  // namespace

TEST("a checksum of every short length from every place is the definition's, and goes on from any other") {
  const std::vector<std::byte> bytes = randomBytes(400);
  for (std::size_t start = 0; start < 17; start++) {
    for (std::size_t length = 0; length <= 300; length++) {
      const std::uint32_t before = static_cast<std::uint32_t>(length * 2654435761u);
      CHECK(checksum(before, &bytes[start], length) == bitByBit(before, &bytes[start], length));
    }
  }
}

TEST("the checksum of a text is what the standards say") {
  const char text[] = "123456789";
  CHECK(checksum(0, reinterpret_cast<const std::byte*>(text), 9) == 0xCBF43926u);
}

TEST("the checksum of a mapping goes across its chunks, side by side or apart") {
  const std::uint64_t length = 300'001;
  const TestFile file(length);
  std::vector<std::byte> bytes(length);
  for (std::uint64_t at = 0; at < length; at++) bytes[at] = static_cast<std::byte>(patternAt(at));
  for (const bool sideBySide : {true, false}) {
    const auto mapping = Mapping::open(file.descriptor(), length, {16, sideBySide});
    CHECK(mapping->checksum(0, length, 0) == bitByBit(0, bytes.data(), length));
    CHECK(mapping->checksum(65'000, 70'000, 9) == bitByBit(9, &bytes[65'000], 70'000));
    CHECK(mapping->checksum(length, 0, 5) == 5);
  }
}

int main() { return runTests(); }
