#pragma once

#include <cstddef>

namespace mmapdir {

/// How pages will be read. The values are those that src/native.ts passes.
enum class Advice : int { kNormal = 0, kRandom = 1, kSequential = 2, kWillNeed = 3 };

/// Tells the system about whole pages. Throws SystemError where the system has a say and refuses.
void advise(std::byte* address, std::size_t length, Advice advice);

}  // namespace mmapdir
