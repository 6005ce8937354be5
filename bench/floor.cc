// What the machine itself does: the cases of the comparison out of a mapping with plain loads and
// memcpy, and with pread. No program that copies or reads can be further ahead.
//
//   g++ -O2 -std=c++20 -o /tmp/floor bench/floor.cc && /tmp/floor mmap int FOLDER 200
//
// FOLDER has the files that files.mjs makes. Prints the best and the median window, in nanoseconds
// for a call or byte. `floor --cases` says what it knows. compare.mjs builds and runs it.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Work = std::function<std::size_t()>;
using Clock = std::chrono::steady_clock;

constexpr std::size_t BATCH = 4096;
constexpr std::size_t CALLS = 256;
constexpr std::size_t SPAN = std::size_t{1} << 24;
constexpr std::size_t HOT = std::size_t{1} << 18;
constexpr std::size_t PLACES = std::size_t{1} << 18;
constexpr std::size_t WRITTEN = std::size_t{1} << 24;

/// Nobody may leave out work whose result this was given, or do several pieces of it at once.
template <typename T>
inline void keep(T& value) {
  asm volatile("" : "+r"(value)::);
}
inline void touched(const void* memory) { asm volatile("" : : "r"(memory) : "memory"); }

struct File {
  int fd = -1;
  std::size_t length = 0;
  const unsigned char* bytes = nullptr;

  explicit File(const std::string& path) : fd(::open(path.c_str(), O_RDONLY)) {
    const off_t end = fd < 0 ? -1 : ::lseek(fd, 0, SEEK_END);
    if (end <= 0) throw std::runtime_error("cannot open " + path);
    length = static_cast<std::size_t>(end);
    void* const address = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) throw std::runtime_error("cannot map " + path);
    bytes = static_cast<const unsigned char*>(address);
  }
};

template <typename T>
T load(const unsigned char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// The places of bench-cases.ts: the same linear congruential generator.
std::vector<std::size_t> positions(std::size_t length, std::size_t width) {
  std::vector<std::size_t> places(PLACES);
  std::uint32_t seed = 202611;
  for (auto& place : places) {
    seed = seed * 1664525u + 1013904223u;
    place = static_cast<std::size_t>(seed / 4294967296.0 * static_cast<double>(length - width));
  }
  return places;
}

void readAt(const File& file, void* target, std::size_t length, std::size_t at) {
  if (::pread(file.fd, target, length, static_cast<off_t>(at)) != static_cast<ssize_t>(length)) {
    throw std::runtime_error("pread failed");
  }
}

template <typename T>
Work sequence(std::shared_ptr<File> file) {
  return [file, at = std::size_t{0}]() mutable {
    if (at + BATCH * sizeof(T) > std::min(file->length, SPAN)) at = 0;
    T sum = 0;
    for (std::size_t i = 0; i < BATCH; i++, at += sizeof(T)) {
      sum = static_cast<T>(sum + load<T>(file->bytes + at));
      keep(sum);
    }
    return BATCH;
  };
}

Work vints(std::shared_ptr<File> file) {
  return [file, at = std::size_t{0}]() mutable {
    if (at + BATCH * 5 > std::min(file->length, SPAN)) at = 0;
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < BATCH; i++) {
      std::uint32_t byte = file->bytes[at++];
      std::uint32_t value = byte & 0x7f;
      for (int shift = 7; byte >= 0x80; shift += 7) {
        byte = file->bytes[at++];
        value |= (byte & 0x7f) << shift;
      }
      sum += value;
      keep(sum);
    }
    return BATCH;
  };
}

/// Where in its page a target lies decides how fast it is filled (makeTarget() in bench-cases.ts).
class Target {
 public:
  explicit Target(std::size_t length) : memory_(static_cast<char*>(std::aligned_alloc(PAGE, roundUp(length + PLACE)))) {
    if (memory_ == nullptr) throw std::bad_alloc();
    std::memset(memory_.get(), 0, length + PLACE);
  }
  char* bytes() const { return memory_.get() + PLACE; }

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  static constexpr std::size_t PAGE = 4096;
  static constexpr std::size_t PLACE = 2048;
  static std::size_t roundUp(std::size_t length) { return (length + PAGE - 1) / PAGE * PAGE; }

  std::unique_ptr<char, Free> memory_;
};

Work whole(std::shared_ptr<File> file, std::size_t piece, bool mapped) {
  const std::size_t length = std::min(piece, file->length);
  auto target = std::make_shared<Target>(length);
  return [=] {
    std::size_t at = 0;
    for (; at + length <= file->length; at += length) {
      if (mapped) {
        std::memcpy(target->bytes(), file->bytes + at, length);
        touched(target->bytes());
      } else {
        readAt(*file, target->bytes(), length, at);
      }
    }
    return at;
  };
}

/// Many reads of the same length into one target; the time is that of one.
Work filling(std::shared_ptr<File> file, std::size_t length, std::size_t calls, bool mapped) {
  auto target = std::make_shared<Target>(length);
  return [=, at = std::size_t{0}]() mutable {
    if (at + calls * length > std::min(file->length, SPAN)) at = 0;
    for (std::size_t i = 0; i < calls; i++, at += length) {
      if (mapped) {
        std::memcpy(target->bytes(), file->bytes + at, length);
        touched(target->bytes());
      } else {
        readAt(*file, target->bytes(), length, at);
      }
    }
    return calls;
  };
}

Work randomly(std::shared_ptr<File> file, std::size_t span, bool mapped) {
  const std::size_t calls = mapped ? BATCH : CALLS;
  return [=, places = positions(std::min(file->length, span), 4), next = std::size_t{0}]() mutable {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < calls; i++) {
      const std::size_t at = places[next];
      next = (next + 1) % PLACES;
      std::uint32_t value = 0;
      if (mapped) value = load<std::uint32_t>(file->bytes + at);
      else readAt(*file, &value, sizeof value, at);
      sum += value;
      keep(sum);
    }
    return calls;
  };
}

Work opening(const std::string& path, bool mapped, bool reads) {
  return [=] {
    for (int i = 0; i < 64; i++) {
      const int fd = ::open(path.c_str(), O_RDONLY);
      const auto length = static_cast<std::size_t>(::lseek(fd, 0, SEEK_END));
      if (mapped) {
        void* const address = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd, 0);
        if (address == MAP_FAILED) throw std::runtime_error("cannot map");
        unsigned value = reads ? *static_cast<unsigned char*>(address) : 0u;
        keep(value);
        ::munmap(address, length);
      } else if (reads) {
        char byte = 0;
        if (::pread(fd, &byte, 1, 0) != 1) throw std::runtime_error("pread failed");
      }
      ::close(fd);
    }
    return std::size_t{64};
  };
}

Work writing(const std::string& path) {
  auto piece = std::make_shared<std::vector<char>>(std::size_t{1} << 14);
  return [=] {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
    for (std::size_t done = 0; done < WRITTEN; done += piece->size()) {
      if (::write(fd, piece->data(), piece->size()) < 0) throw std::runtime_error("write failed");
    }
    ::close(fd);
    return WRITTEN;
  };
}

std::map<std::string, std::function<Work()>> worksOf(bool mapped, const std::string& folder) {
  const auto open = [folder](const char* name) { return std::make_shared<File>(folder + "/" + name); };
  const auto plain = [open] { return open("plain.bin"); };
  std::map<std::string, std::function<Work()>> works = {
      {"bytes-1m", [=] { return whole(plain(), std::size_t{1} << 20, mapped); }},
      {"bytes-16k", [=] { return whole(plain(), std::size_t{1} << 14, mapped); }},
      {"bytes-64", [=] { return filling(plain(), 64, mapped ? BATCH : CALLS, mapped); }},
      {"bytes-16", [=] { return filling(plain(), 16, mapped ? BATCH : CALLS, mapped); }},
      {"ints", [=] { return filling(plain(), 4096, CALLS, mapped); }},
      {"longs", [=] { return filling(plain(), 8192, CALLS, mapped); }},
      {"floats", [=] { return filling(plain(), 4096, CALLS, mapped); }},
      {"random", [=] { return randomly(plain(), ~std::size_t{0}, mapped); }},
      {"random-hot", [=] { return randomly(plain(), HOT, mapped); }},
      {"absolute", [=] { return randomly(plain(), ~std::size_t{0}, mapped); }},
      {"absolute-hot", [=] { return randomly(plain(), HOT, mapped); }},
      {"open-close", [=] { return opening(folder + "/plain.bin", mapped, false); }},
      {"open-read-close", [=] { return opening(folder + "/plain.bin", mapped, true); }},
  };
  if (mapped) {
    works["byte"] = [=] { return sequence<std::uint8_t>(plain()); };
    works["int"] = [=] { return sequence<std::uint32_t>(plain()); };
    works["small-int"] = [=] { return sequence<std::uint32_t>(open("small.bin")); };
    works["long"] = [=] { return sequence<std::uint64_t>(plain()); };
    works["safe-long"] = [=] { return sequence<std::uint64_t>(open("small.bin")); };
    works["vint"] = [=] { return vints(open("vints.bin")); };
  } else {
    works["write-16k"] = [=] { return writing(folder + "/written"); };
  }
  return works;
}

/// `written`, a file, is deleted when the time is taken.
std::vector<double> windows(const Work& work, double milliseconds, const std::string& written) {
  std::vector<double> result;
  const auto end = Clock::now() + std::chrono::duration<double, std::milli>(milliseconds);
  while (Clock::now() < end || result.size() < 5) {
    const auto start = Clock::now();
    const std::size_t count = work();
    const std::chrono::duration<double, std::nano> taken = Clock::now() - start;
    result.push_back(taken.count() / static_cast<double>(count));
    ::unlink(written.c_str());
  }
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace

int main(int count, char** arguments) try {
  if (count == 2 && std::string(arguments[1]) == "--cases") {
    for (const bool mapped : {true, false}) {
      for (const auto& [name, work] : worksOf(mapped, "")) {
        std::printf("%s %s\n", mapped ? "mmap" : "pread", name.c_str());
      }
    }
    return 0;
  }
  if (count != 5) {
    std::fprintf(stderr, "usage: floor mmap|pread CASE FOLDER MILLISECONDS\n");
    return 2;
  }
  const std::string folder = arguments[3];
  const double milliseconds = std::atof(arguments[4]);
  const Work work = worksOf(std::string(arguments[1]) == "mmap", folder).at(arguments[2])();
  windows(work, milliseconds / 2, folder + "/written");
  const auto taken = windows(work, milliseconds, folder + "/written");
  std::printf("{\"best\":%.9g,\"median\":%.9g,\"windows\":%zu}\n", taken.front(), taken[taken.size() / 2],
              taken.size());
} catch (const std::exception& error) {
  std::fprintf(stderr, "floor: %s\n", error.what());
  return 1;
}
