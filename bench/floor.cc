// What the machine itself does: reads a file in pieces of 1 MiB and of 16 KiB, once out of a mapping
// with memcpy and once with pread, into a buffer that is used over and over. Prints the best of ten
// runs. No program that copies can be further ahead with mapping than this.
//
//   g++ -O2 -std=c++20 -o /tmp/floor bench/floor.cc && /tmp/floor FILE

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <vector>

template <typename Work>
double gigabytesPerSecond(std::size_t bytes, Work&& work) {
  double best = 0;
  for (int run = 0; run < 10; run++) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = std::max(best, static_cast<double>(bytes) / seconds.count() / 1e9);
  }
  return best;
}

int main(int count, char** arguments) {
  const int fd = count == 2 ? ::open(arguments[1], O_RDONLY) : -1;
  const off_t end = fd < 0 ? 0 : ::lseek(fd, 0, SEEK_END);
  if (end < (1 << 20)) {
    std::fprintf(stderr, "usage: floor FILE, of 1 MiB or more\n");
    return 2;
  }
  const auto length = static_cast<std::size_t>(end) >> 20 << 20;
  void* const mapping = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) return 2;
  for (const std::size_t piece : {std::size_t{1} << 20, std::size_t{1} << 14}) {
    std::vector<char> buffer(piece);
    const double mapped = gigabytesPerSecond(length, [&] {
      for (std::size_t at = 0; at < length; at += piece) {
        std::memcpy(buffer.data(), static_cast<const char*>(mapping) + at, piece);
      }
    });
    const double read = gigabytesPerSecond(length, [&] {
      for (std::size_t at = 0; at < length; at += piece) {
        if (::pread(fd, buffer.data(), piece, static_cast<off_t>(at)) < 0) std::perror("pread");
      }
    });
    std::printf("%4zu KiB: memcpy %5.1f GB/s, pread %5.1f GB/s, %.2f times\n", piece >> 10, mapped, read,
                mapped / read);
  }
}
