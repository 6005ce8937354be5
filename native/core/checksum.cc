#include "core/checksum.h"

#include <array>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__GNUC__)
#include <arm_acle.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

namespace mmapdir {

namespace {

constexpr std::array<std::uint32_t, 256> kBytes = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; byte++) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; bit++) rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xEDB88320u : rest >> 1;
    table[byte] = rest;
  }
  return table;
}();

/// Neither end inverted, as in everything below.
std::uint32_t byteByByte(std::uint32_t rest, const std::byte* bytes, std::size_t length) noexcept {
  for (std::size_t i = 0; i < length; i++) {
    rest = kBytes[(rest ^ std::to_integer<std::uint32_t>(bytes[i])) & 0xff] ^ (rest >> 8);
  }
  return rest;
}

#if defined(__x86_64__) && defined(__GNUC__)

#define WITH_CARRYLESS_PRODUCTS __attribute__((target("pclmul,sse4.1")))

constexpr std::size_t kBlock = 16;
constexpr std::size_t kStride = 4 * kBlock;  // so many products are under way at a time

WITH_CARRYLESS_PRODUCTS __m128i load(const std::byte* bytes) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

/// What a block contributes to a later one, whose distance the two factors stand for.
WITH_CARRYLESS_PRODUCTS __m128i moved(__m128i block, __m128i factors) noexcept {
  return _mm_xor_si128(_mm_clmulepi64_si128(block, factors, 0x00), _mm_clmulepi64_si128(block, factors, 0x11));
}

/// V. Gopal and others, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction",
/// Intel, 2009: the factors are powers of x modulo the polynomial, bits reflected. `length` is a
/// multiple of kBlock, and at least kStride.
WITH_CARRYLESS_PRODUCTS std::uint32_t byBlocks(std::uint32_t rest, const std::byte* bytes,
                                               std::size_t length) noexcept {
  const __m128i byStride = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);  // x^(512 - 32), x^(512 + 32)
  const __m128i byBlock = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);   // x^(128 - 32), x^(128 + 32)
  const __m128i byHalf = _mm_set_epi64x(0, 0x163cd6124);              // x^64
  const __m128i barrett = _mm_set_epi64x(0x1f7011641, 0x1db710641);   // the quotient, the polynomial
  const __m128i lowWords = _mm_setr_epi32(-1, 0, -1, 0);

  __m128i first = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128(static_cast<int>(rest)));
  __m128i second = load(bytes + kBlock);
  __m128i third = load(bytes + 2 * kBlock);
  __m128i fourth = load(bytes + 3 * kBlock);
  std::size_t at = kStride;
  for (; length - at >= kStride; at += kStride) {
    first = _mm_xor_si128(moved(first, byStride), load(bytes + at));
    second = _mm_xor_si128(moved(second, byStride), load(bytes + at + kBlock));
    third = _mm_xor_si128(moved(third, byStride), load(bytes + at + 2 * kBlock));
    fourth = _mm_xor_si128(moved(fourth, byStride), load(bytes + at + 3 * kBlock));
  }
  __m128i sum = _mm_xor_si128(moved(first, byBlock), second);
  sum = _mm_xor_si128(moved(sum, byBlock), third);
  sum = _mm_xor_si128(moved(sum, byBlock), fourth);
  for (; at < length; at += kBlock) sum = _mm_xor_si128(moved(sum, byBlock), load(bytes + at));

  sum = _mm_xor_si128(_mm_srli_si128(sum, 8), _mm_clmulepi64_si128(sum, byBlock, 0x10));
  sum = _mm_xor_si128(_mm_srli_si128(sum, 4),
                      _mm_clmulepi64_si128(_mm_and_si128(sum, lowWords), byHalf, 0x00));
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(sum, lowWords), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, lowWords), barrett, 0x00);
  return static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(sum, quotient), 1));
}

std::uint32_t continued(std::uint32_t rest, const std::byte* bytes, std::size_t length) noexcept {
  if (length < kStride) return byteByByte(rest, bytes, length);
  const std::size_t blocks = length - length % kBlock;
  return byteByByte(byBlocks(rest, bytes, blocks), bytes + blocks, length - blocks);
}

bool supported() noexcept {
  unsigned int eax = 0;
  unsigned int ebx = 0;
  unsigned int ecx = 0;
  unsigned int edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_PCLMUL) != 0 && (ecx & bit_SSE4_1) != 0;
}

#elif defined(__aarch64__) && defined(__GNUC__)

__attribute__((target("+crc"))) std::uint32_t continued(std::uint32_t rest, const std::byte* bytes,
                                                        std::size_t length) noexcept {
  for (; length >= sizeof(std::uint64_t); bytes += sizeof(std::uint64_t), length -= sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    rest = __crc32d(rest, word);
  }
  return byteByByte(rest, bytes, length);
}

bool supported() noexcept {
#if defined(__linux__)
  return (::getauxval(AT_HWCAP) & (1ul << 7)) != 0;  // HWCAP_CRC32
#else
  return true;  // every processor of Apple's has them
#endif
}

#else

std::uint32_t continued(std::uint32_t rest, const std::byte* bytes, std::size_t length) noexcept {
  return byteByByte(rest, bytes, length);
}

bool supported() noexcept { return false; }

#endif

}  // namespace

bool canChecksum() noexcept {
  static const bool can = supported();
  return can;
}

std::uint32_t checksum(std::uint32_t checksum, const std::byte* bytes, std::size_t length) noexcept {
  return ~continued(~checksum, bytes, length);
}

}  // namespace mmapdir
